/** Parley as its own program starts it, with a Postgres beside it. */
import { programFlags } from "../../infra/programFlags.mjs"
import { freePort, startChild } from "../harness/Child.ts"
import type { Child } from "../harness/Child.ts"
import { coreOf, loadCore, serverCore } from "../harness/Machine.ts"
import type { Placement } from "../harness/Machine.ts"

export interface ParleyChild {
  readonly server: Child
  readonly database: Child
  /** The administrator's key. */
  readonly key: string
}

/** The administrator's. */
export const key = `pk_bench_${"0123456789abcdef".repeat(3)}`

export const startDatabase = (placement: Placement = "a core each"): Promise<Child> =>
  startChild({ name: "database", script: new URL("database.ts", import.meta.url).pathname, core: coreOf(placement, loadCore) })

/** What every program of a benchmark is started with. */
export const environmentOf = async (database: Child): Promise<Record<string, string>> => ({
  DATABASE_URL: String(database.ready["url"]),
  PARLEY_PORT: String(await freePort()),
  PARLEY_BOOTSTRAP_API_KEY: key,
  PARLEY_DRAIN_TIMEOUT_MS: "1000",
  PARLEY_LOG_FORMAT: "json"
})

/** `script` is the program: Parley's own, or a composition of the benchmark's that announces itself the same way. */
export const startParley = async (options: {
  readonly env?: Record<string, string>
  readonly script?: string
  readonly args?: ReadonlyArray<string>
  readonly nodeArgs?: ReadonlyArray<string>
  readonly placement?: Placement
}): Promise<ParleyChild> => {
  const { placement = "a core each" } = options
  const database = await startDatabase(placement)
  const server = await startChild({
    name: "Parley",
    script: options.script ?? new URL("../../packages/cli/src/main.ts", import.meta.url).pathname,
    args: options.args ?? ["serve"],
    nodeArgs: [
      ...programFlags,
      "--import",
      new URL("../harness/probe.ts", import.meta.url).pathname,
      ...(options.nodeArgs ?? [])
    ],
    env: {
      ...(await environmentOf(database)),
      ...options.env
    },
    core: coreOf(placement, serverCore),
    ready: /Address\s+http:\/\/127\.0\.0\.1:(\d+)/
  }).catch(async (error: unknown) => {
    await database.stop()
    throw error
  })
  return { server, database, key }
}

/** A tenant's own bounds are for one tenant among many; here one tenant is all the load. A policy is read when it is first needed. */
export const raiseTenantBounds = async (database: Child): Promise<void> => {
  await database.ask(
    { type: "sql", text: "update tenants set max_connections = 100000, max_concurrent_requests = 100000" },
    "rows"
  )
}
