/** What may become of Postgres and Redis: restarted, away, frozen, killed. No run changes its owner for any of it. */
import { faultInTheMiddle } from "../harness/Drill.ts"
import type { Drill } from "../harness/Drill.ts"
import type { Load } from "../harness/Load.ts"
import type { Site } from "../harness/Site.ts"
import { sleep } from "../harness/wait.ts"

const awayMs = 15_000
const askedMeanwhile = 10
const mostAnswerMs = 10_000

const nobodyTakesOver = (site: Site) => {
  const taken = site.runLines.filter(({ kind }) => kind === "taken").length
  return [{ claim: "no run changes its owner", holds: taken === 0, found: `${taken} did` }]
}

const postgresRestarted: Drill = faultInTheMiddle({
  name: "postgres-restart",
  about: "Postgres is restarted under running answers",
  fault: async (site) => {
    await site.postgres.stop()
    await site.postgres.start()
    return {}
  },
  after: async (site) => nobodyTakesOver(site)
})

/** What is answered while Postgres is away. */
const askMeanwhile = async (load: Load, ids: ReadonlyArray<string>) => {
  const socket = load.sockets[0]
  const began = performance.now()
  const first = await Promise.all(
    ids.map((conversationId, n) =>
      socket?.ask({
        type: "send",
        conversationId,
        clientMessageId: `away${n}`,
        content: [{ type: "text", text: "remark" }],
        reply: false
      })
    )
  )
  const tookMs = performance.now() - began
  const refused = first.filter((answer) => answer?.type === "error")
  const hinted = refused.filter(({ code, retry, retryAfterMs }) => code === "unavailable" && retry !== "never" && retryAfterMs)
  return {
    claim: `${ids.length} remarks made meanwhile are told to come again, within ${mostAnswerMs} ms`,
    holds: hinted.length === ids.length && tookMs < mostAnswerMs,
    found: `${hinted.length} unavailable with a hint, the slowest after ${tookMs.toFixed(0)} ms`
  }
}

const postgresAway: Drill = faultInTheMiddle({
  name: "postgres-away",
  about: "Postgres is away for 15 s; answers end meanwhile, and their ends are stored afterwards",
  fault: async (site, load) => {
    const ids = await load.createConversations(askedMeanwhile)
    await site.postgres.stop()
    const back = sleep(awayMs)
    const claim = await askMeanwhile(load, ids)
    const asking = Promise.all(ids.map((id) => load.ask(id, 10)))
    await back
    await site.postgres.start()
    await asking
    return { claims: [claim] }
  },
  after: async (site) => nobodyTakesOver(site)
})

/** Asked while Redis is not there, a question is accepted and answered. */
const askAgain = async (load: Load) => {
  const began = performance.now()
  const ids = await load.createConversations(10)
  await Promise.all(ids.map((id) => load.ask(id, 10)))
  const tookMs = performance.now() - began
  return [
    { claim: "10 more questions are accepted meanwhile, within 10 s", holds: tookMs < 10_000, found: `${tookMs.toFixed(0)} ms` }
  ]
}

const redisFrozen: Drill = faultInTheMiddle({
  name: "redis-freeze",
  about: "Redis is frozen with SIGSTOP for 10 s, under answers and new questions",
  fault: async (site, load) => {
    site.redis.freeze()
    const claims = await askAgain(load)
    await sleep(8_000)
    site.redis.wake()
    return { claims }
  },
  after: async (site) => nobodyTakesOver(site)
})

const redisKilled: Drill = faultInTheMiddle({
  name: "redis-kill",
  about: "Redis is killed, and comes back empty 5 s later",
  fault: async (site, load) => {
    await site.redis.kill()
    const claims = await askAgain(load)
    await sleep(5_000)
    await site.redis.startAgain()
    return { claims }
  },
  after: async (site) => nobodyTakesOver(site)
})

export const storeDrills: ReadonlyArray<Drill> = [postgresRestarted, postgresAway, redisFrozen, redisKilled]
