/** Bad input and bad luck: clocks, rows and versions that are not as they should be. */
import { faultInTheMiddle } from "../harness/Drill.ts"
import type { Drill } from "../harness/Drill.ts"
import { firstAnswers } from "../harness/firstAnswers.ts"
import { metricOf } from "../harness/metricOf.ts"
import { preload } from "../harness/preload.ts"
import type { Site } from "../harness/Site.ts"
import { until } from "../harness/wait.ts"

const clockOffMs = 30_000
const clockOff = (byMs: number) => ({ NODE_OPTIONS: preload("shiftClock"), DRILL_CLOCK_MS: String(byMs) })

const clock: Drill = faultInTheMiddle({
  name: "clock-off",
  about: "a runner's clock is 30 s ahead and a gateway's 30 s behind; another runner is killed",
  site: {
    runners: 3,
    runnerEnv: (index) => (index === 0 ? clockOff(clockOffMs) : {}),
    gatewayEnv: (index) => (index === 0 ? clockOff(-clockOffMs) : {})
  },
  fault: async (site) => {
    const shifted = [...site.runners, ...site.gateways].filter(({ clockAheadMs }) => Math.abs(clockAheadMs) > clockOffMs / 2)
    const held = new Set(site.runLines.filter(({ kind }) => kind === "taken").map(({ runId }) => runId))
    const victim = site.runners.find((runner) => !shifted.includes(runner))
    await victim?.stop("SIGKILL")
    const said = shifted.map(({ clockAheadMs, role }) => `${role} ${(clockAheadMs / 1_000).toFixed(0)} s`)
    return {
      claims: [
        {
          claim: "one runner's clock is off, one gateway's, and no other",
          holds: said.length === 2 && said.includes("runner 30 s") && said.includes("gateway -30 s"),
          found: said.join(", ")
        },
        { claim: "nothing moved before", holds: held.size === 0, found: `${held.size} runs did` }
      ]
    }
  }
})

/** Conversations that are spoken to while something is wrong. */
const spokenTo = 20
/** Of the 300 that there are. */
const ghostShards = 100

/** A row of a process that is no more, as a crash of the whole machine leaves it; with leases on some shards. */
const leaveRow = async (site: Site, address: string, protocol: number): Promise<number> => {
  const [host, port] = address.split(":")
  const runner = JSON.stringify({ address: { host, port: Number(port) }, groups: ["default"], weight: 1 })
  const leases = await site.store.ask(
    `with row as (
       insert into parley_cluster_runners (address, runner, healthy, last_heartbeat, protocol) values ($1, $2, true, now(), $3)
     )
     update parley_cluster_locks set address = $1, acquired_at = now()
     where shard_id in (select shard_id from parley_cluster_locks order by shard_id limit $4) returning 1`,
    [address, runner, protocol, ghostShards]
  )
  return leases.length
}

const staleRow: Drill = faultInTheMiddle({
  name: "stale-row",
  about: "the registry names a runner that is not there, with leases, and others give it a share of the conversations",
  fault: async (site, load) => {
    const ids = await load.createConversations(spokenTo)
    const began = performance.now()
    const leases = await leaveRow(site, "127.0.0.1:9", 1)
    const asking = firstAnswers(site, load, ids, "stale")
    await until("the row is gone", 30_000, async () => {
      const rows = await site.store.ask(
        `select 1 from parley_cluster_runners where address = '127.0.0.1:9'
         union all select 1 from parley_cluster_locks where address = '127.0.0.1:9'`
      )
      return rows.length === 0 ? true : undefined
    })
    const tookMs = performance.now() - began
    const { again, claims } = await asking
    return {
      claims: [
        {
          claim: "it is gone within 10 s, with its leases",
          holds: leases === ghostShards && tookMs < 10_000,
          found: `${leases} leases, ${tookMs.toFixed(0)} ms`
        },
        ...claims,
        ...(await again())
      ]
    }
  }
})

const otherProtocol: Drill = faultInTheMiddle({
  name: "other-protocol",
  about: "a runner of another protocol version joins and is left alone; then one of this version is killed beside it",
  words: 300,
  fault: async (site, load) => {
    const [victim] = site.runners
    const stranger = await site.startRunner({ NODE_OPTIONS: preload("otherProtocol") })
    const seen = await until("the gateways count it", 15_000, async () => {
      const value = await metricOf(site, "parley_cluster_foreign_runners")
      return value >= site.gateways.length ? value : undefined
    }).catch(() => 0)
    const ids = await load.createConversations(spokenTo)
    await Promise.all(ids.slice(0, 10).map((id) => load.ask(id, 10)))
    const moved = site.runLines.filter(({ kind }) => kind === "taken").length
    // Once a runner dies, its leases are anybody's: what the stranger takes is unavailable until it is gone, and that is asked next.
    const served = site.runLines.filter((line) => line.process === stranger.name && line.kind === "begins").length
    await victim?.stop("SIGKILL")
    const { again, claims } = await firstAnswers(site, load, ids, "foreign")
    await stranger.stop("SIGTERM")
    return {
      claims: [
        { claim: "it is counted in parley_cluster_foreign_runners", holds: seen === site.gateways.length, found: String(seen) },
        { claim: "no run changes its owner for it", holds: moved === 0, found: `${moved} did` },
        { claim: "it is given nothing while nobody dies", holds: served === 0, found: `${served} lines of its log begin a run` },
        ...claims,
        ...(await again())
      ]
    }
  }
})

/** What needs no runner. */
const withoutRunners = async (site: Site, conversationId: string): Promise<ReadonlyArray<number>> => {
  const url = site.openGateways[0]?.url ?? ""
  const headers = { authorization: `Bearer ${site.key}`, "content-type": "application/json" }
  const body = JSON.stringify({ model: "openai/gpt-5", stream: true, messages: [{ role: "user", content: "drill alone 5" }] })
  const responses = await Promise.all([
    fetch(`${url}/api/conversations/${conversationId}/messages`, { headers }),
    fetch(`${url}/v1/chat/completions`, { method: "POST", headers, body })
  ])
  await Promise.all(responses.map((response) => response.text()))
  return responses.map(({ status }) => status)
}

const noRunner: Drill = faultInTheMiddle({
  name: "no-runner",
  about: "every runner is killed; reading and completions work, commands are unavailable; then two come",
  words: 150,
  fault: async (site, load) => {
    const ids = await load.createConversations(spokenTo)
    const lost = site.runners.length
    await Promise.all(site.runners.map((runner) => runner.stop("SIGKILL")))
    const [statuses, { again, claims, refused }] = await Promise.all([
      withoutRunners(site, ids[0] ?? ""),
      firstAnswers(site, load, ids, "nobody")
    ])
    await Promise.all(Array.from({ length: lost }, () => site.startRunner()))
    return {
      claims: [
        ...claims,
        { claim: "every remark is refused", holds: refused === spokenTo, found: `${refused} of ${spokenTo}` },
        {
          claim: "what was said can be read, and a completion is answered",
          holds: statuses.every((status) => status === 200),
          found: statuses.join(", ")
        },
        ...(await again())
      ]
    }
  }
})

export const oddDrills: ReadonlyArray<Drill> = [clock, staleRow, otherProtocol, noRunner]
