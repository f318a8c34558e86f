/** Broken networks: bytes between two processes are held for a while, new connections hang. Everything else is connected. */
import { faultInTheMiddle } from "../harness/Drill.ts"
import type { Drill } from "../harness/Drill.ts"
import { sleep } from "../harness/wait.ts"

/** Longer than a heartbeat may be late, and than a gateway waits for a sign of life. */
const cutMs = 20_000

const gatewayAndRunner: Drill = faultInTheMiddle({
  name: "partition-gateway-runner",
  about: "one gateway does not reach one runner for 20 s; the other gateway does",
  site: { isRelayed: true },
  fault: async (site) => {
    const gateway = site.random.pick(site.gateways)
    const runner = site.random.pick(site.runners)
    const relay = site.relays.get(runner)
    relay?.cut((pid) => pid === gateway.pid)
    await sleep(cutMs)
    relay?.heal()
    return {}
  },
  after: async (site) => {
    const taken = site.runLines.filter(({ kind }) => kind === "taken").length
    return [{ claim: "the runner keeps what it serves", holds: taken === 0, found: `${taken} runs were taken over` }]
  }
})

const betweenRunners: Drill = faultInTheMiddle({
  name: "partition-runners",
  about: "two runners do not reach each other for 20 s; gateways and Postgres reach both",
  site: { isRelayed: true },
  fault: async (site) => {
    const pids = new Set(site.runners.map(({ pid }) => pid))
    for (const relay of site.relays.values()) relay.cut((pid) => pids.has(pid))
    await sleep(cutMs)
    for (const relay of site.relays.values()) relay.heal()
    return {}
  },
  after: async (site) => {
    const taken = site.runLines.filter(({ kind }) => kind === "taken").length
    return [{ claim: "both keep what they serve", holds: taken === 0, found: `${taken} runs were taken over` }]
  }
})

export const networkDrills: ReadonlyArray<Drill> = [gatewayAndRunner, betweenRunners]
