/** What is answered at first while something is away: at once or within a command's time limit, accepted or with a hint when to ask again. */
import type { Report } from "./Drill.ts"
import type { Load } from "./Load.ts"
import { metricOf } from "./metricOf.ts"
import type { Site } from "./Site.ts"

/** Nothing may take longer than a command's own time limit. */
const answerWithinMs = 25_000

type Claims = Report["claims"]

export interface FirstAnswers {
  readonly claims: Claims
  readonly refused: number
  /** The same remarks under their ids until each is accepted: once what was away is back. */
  readonly again: () => Promise<Claims>
}

export const firstAnswers = async (site: Site, load: Load, ids: ReadonlyArray<string>, name: string): Promise<FirstAnswers> => {
  const remarkOf = (conversationId: string, n: number) => ({
    type: "send" as const,
    conversationId,
    clientMessageId: `${name}${n}`,
    content: [{ type: "text", text: `${name} ${n}` }],
    reply: false
  })
  const socketOf = (n: number) => load.sockets[n % load.sockets.length]
  const counted = await metricOf(site, "parley_conversation_refusals")
  let slowestMs = 0
  const answers = await Promise.all(
    ids.map(async (conversationId, n) => {
      const askedAtMs = performance.now()
      const answer = await socketOf(n)?.ask(remarkOf(conversationId, n))
      slowestMs = Math.max(slowestMs, performance.now() - askedAtMs)
      return answer
    })
  )
  const accepted = answers.filter((answer) => answer?.type === "accepted").length
  const hinted = answers.filter(
    (answer) =>
      answer?.type === "error" && answer.code === "unavailable" && answer.retry !== "never" && answer.retryAfterMs !== undefined
  ).length
  const countedNow = (await metricOf(site, "parley_conversation_refusals")) - counted
  return {
    refused: hinted,
    claims: [
      {
        claim: `of ${ids.length} remarks meanwhile each is accepted, or unavailable with a hint, within ${answerWithinMs} ms`,
        holds: accepted + hinted === ids.length && slowestMs < answerWithinMs,
        found: `${accepted} accepted, ${hinted} unavailable, the slowest after ${slowestMs.toFixed(0)} ms`
      },
      {
        claim: "refusals are counted in parley_conversation_refusals",
        holds: countedNow >= hinted,
        found: String(countedNow)
      }
    ],
    again: async () => {
      await Promise.all(ids.map((id, n) => socketOf(n)?.command(remarkOf(id, n))))
      const [row] = await site.store.ask<{ stored: number }>(
        "select count(*)::int as stored from messages where content::json->0->>'text' like $1",
        [`${name} %`]
      )
      return [
        { claim: "afterwards all are accepted, and stored once", holds: row?.stored === ids.length, found: `${row?.stored}` }
      ]
    }
  }
}
