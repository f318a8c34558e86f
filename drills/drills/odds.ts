/** Bad input and bad luck: clocks, rows and versions that are not as they should be. */
import { faultInTheMiddle } from "../harness/Drill.ts"
import type { Drill } from "../harness/Drill.ts"
import { metricOf } from "../harness/metricOf.ts"
import { preload } from "../harness/preload.ts"
import type { Site } from "../harness/Site.ts"
import { until } from "../harness/wait.ts"

const clockOff = (byMs: number) => ({ NODE_OPTIONS: preload("shiftClock"), DRILL_CLOCK_MS: String(byMs) })

const clock: Drill = faultInTheMiddle({
  name: "clock-off",
  about: "a runner's clock is 30 s ahead and a gateway's 30 s behind; another runner is killed",
  site: {
    runners: 3,
    runnerEnv: (index) => (index === 0 ? clockOff(30_000) : {}),
    gatewayEnv: (index) => (index === 0 ? clockOff(-30_000) : {})
  },
  fault: async (site) => {
    const held = new Set(site.runLines.filter(({ kind }) => kind === "taken").map(({ runId }) => runId))
    const [, victim] = site.runners
    await victim?.stop("SIGKILL")
    return { claims: [{ claim: "nothing moved before", holds: held.size === 0, found: `${held.size} runs did` }] }
  }
})

/** A row of a process that is no more, as a crash of the whole machine leaves it; with leases on some shards. */
const leaveRow = async (site: Site, address: string, protocol: number): Promise<void> => {
  const [host, port] = address.split(":")
  const runner = JSON.stringify({ address: { host, port: Number(port) }, groups: ["default"], weight: 1 })
  await site.store.ask(
    "insert into parley_cluster_runners (address, runner, healthy, last_heartbeat, protocol) values ($1, $2, true, now(), $3)",
    [address, runner, protocol]
  )
}

const staleRow: Drill = faultInTheMiddle({
  name: "stale-row",
  about: "the registry names a runner that is not there, which others give a share of the conversations",
  fault: async (site) => {
    const began = performance.now()
    await leaveRow(site, "127.0.0.1:9", 1)
    await until("the row is gone", 30_000, async () => {
      const rows = await site.store.ask("select 1 from parley_cluster_runners where address = '127.0.0.1:9'")
      return rows.length === 0 ? true : undefined
    })
    const tookMs = performance.now() - began
    return { claims: [{ claim: "it is gone within 10 s", holds: tookMs < 10_000, found: `${tookMs.toFixed(0)} ms` }] }
  }
})

const otherProtocol: Drill = faultInTheMiddle({
  name: "other-protocol",
  about: "a runner of another protocol version joins; it is left alone, and said so",
  fault: async (site, load) => {
    const stranger = await site.startRunner({ NODE_OPTIONS: preload("otherProtocol") })
    const seen = await until("the gateways count it", 15_000, async () => {
      const value = await metricOf(site, "parley_cluster_foreign_runners")
      return value >= site.gateways.length ? value : undefined
    }).catch(() => 0)
    const ids = await load.createConversations(10)
    await Promise.all(ids.map((id) => load.ask(id, 10)))
    const served = site.runLines.filter((line) => line.process === stranger.name).length
    await stranger.stop("SIGTERM")
    return {
      claims: [
        { claim: "it is counted in parley_cluster_foreign_runners", holds: seen === site.gateways.length, found: String(seen) },
        { claim: "it is given nothing", holds: served === 0, found: `${served} lines of its log name a run` }
      ]
    }
  },
  after: async (site) => {
    const taken = site.runLines.filter(({ kind }) => kind === "taken").length
    return [{ claim: "no run changes its owner", holds: taken === 0, found: `${taken} did` }]
  }
})

export const oddDrills: ReadonlyArray<Drill> = [clock, staleRow, otherProtocol]
