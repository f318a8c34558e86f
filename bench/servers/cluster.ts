/** Gateways and a runner as programs of their own, over a Postgres beside them. */
import { programFlags } from "../../infra/programFlags.mjs"
import { startChild } from "../harness/Child.ts"
import type { Child } from "../harness/Child.ts"
import { coreOf, loadCore, serverCore } from "../harness/Machine.ts"
import type { Placement } from "../harness/Machine.ts"
import { environmentOf, startDatabase } from "./parley.ts"

export interface Cluster {
  readonly database: Child
  readonly runner: Child
  readonly gateway: Child
}

const main = new URL("../../packages/cli/src/main.ts", import.meta.url).pathname
const listening = /Address\s+http:\/\/127\.0\.0\.1:(\d+)/

/** With a core each the gateway has one, and the runner shares the other with the load and Postgres. `keep` takes each as it starts. */
export const startCluster = async (options: {
  readonly env: Record<string, string>
  /** The benchmark's own runner; `parley runner` when absent. */
  readonly runner?: string
  readonly placement?: Placement
  readonly keep: (child: Promise<Child>) => Promise<Child>
}): Promise<Cluster> => {
  const { keep, placement = "a core each" } = options
  const database = await keep(startDatabase(placement))
  const env = { ...(await environmentOf(database)), PARLEY_RUNNER_PORT: "0", PARLEY_CLUSTER_JOIN_MS: "1", ...options.env }
  const runner = await keep(
    startChild({
      name: "runner",
      script: options.runner ?? main,
      args: options.runner === undefined ? ["runner"] : [],
      nodeArgs: [...programFlags],
      env,
      core: coreOf(placement, loadCore),
      ready: /ws:\/\/127\.0\.0\.1:(\d+)/
    })
  )
  const gateway = await keep(
    startChild({
      name: "gateway",
      script: main,
      args: ["gateway"],
      nodeArgs: [...programFlags],
      env,
      core: coreOf(placement, serverCore),
      ready: listening
    })
  )
  return { database, runner, gateway }
}

/** Gateways that share a port, on whichever cores there are. */
export const startGateways = async (options: {
  readonly processes: number
  readonly env: Record<string, string>
  readonly database: Child
}): Promise<Child> =>
  startChild({
    name: `${options.processes} gateways`,
    script: main,
    args: ["gateway"],
    nodeArgs: [...programFlags],
    env: {
      ...(await environmentOf(options.database)),
      PARLEY_GATEWAY_PROCESSES: String(options.processes),
      ...options.env
    },
    // Several say so once all of them listen; one has its banner.
    ready: options.processes === 1 ? listening : /"address":"http:\/\/127\.0\.0\.1:(\d+)","processes"/
  })
