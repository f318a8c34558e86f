/** Past a bound: a typed refusal that says when to come again, counted, and nothing hangs. */
import { SocketClient } from "../clients/SocketClient.ts"
import { faultInTheMiddle } from "../harness/Drill.ts"
import type { Drill } from "../harness/Drill.ts"
import { metricOf } from "../harness/metricOf.ts"
import type { Site } from "../harness/Site.ts"

/** Commands that one conversation may have under way. */
const mailboxCapacity = 256
/** Commands under way on one socket: those of one conversation go one after the other, those of several at once. */
const commandsPerSocket = 32
const socketsAtOnce = 4
/** Conversations that one runner holds in the drill, and how many are asked beyond. */
const residents = 10_000
const beyond = 200
/** Of those that were accepted, so many are asked once more while the runner is full. */
const askedAgain = 100
/** Nothing may take longer than a command's own time limit. */
const answerWithinMs = 25_000

interface Remark {
  readonly conversationId: string
  readonly clientMessageId: string
}

/** What any door answers, told alike. */
interface Answer {
  /** `accepted`, or the error's code. */
  readonly code: string
  readonly retry?: string | undefined
  readonly retryAfterMs?: number | undefined
}

/** One of those who ask, one command after the other. */
type Asker = (remark: Remark) => Promise<Answer>

interface Outcome {
  readonly accepted: ReadonlyArray<Remark>
  readonly busy: number
  /** By the store, which has a bound of its own. */
  readonly unavailable: number
  /** Refusals that say when to come again. */
  readonly hinted: number
  readonly other: ReadonlyArray<string>
  readonly slowestMs: number
}

const askAll = async (askers: ReadonlyArray<Asker>, remarks: ReadonlyArray<Remark>): Promise<Outcome> => {
  let next = 0
  let busy = 0
  let unavailable = 0
  let hinted = 0
  let slowestMs = 0
  const accepted: Array<Remark> = []
  const other: Array<string> = []
  const lane = async (ask: Asker): Promise<void> => {
    for (let remark = remarks[next++]; remark !== undefined; remark = remarks[next++]) {
      const began = performance.now()
      const answer = await ask(remark)
      slowestMs = Math.max(slowestMs, performance.now() - began)
      if (answer.code === "accepted") accepted.push(remark)
      else if (answer.code === "busy") busy++
      else if (answer.code === "unavailable") unavailable++
      else other.push(JSON.stringify(answer))
      if (answer.retryAfterMs !== undefined && answer.retry !== "never") hinted++
    }
  }
  await Promise.all(askers.map(lane))
  return { accepted, busy, unavailable, hinted, other, slowestMs }
}

const claimsOf = async (site: Site, outcome: Outcome) => {
  const { accepted, busy, hinted, other, slowestMs, unavailable } = outcome
  const counted = await metricOf(site, "parley_conversation_refusals")
  const [row] = await site.store.ask<{ stored: number; times: number }>(
    `select count(*)::int as times, count(distinct conversation_id || text)::int as stored
     from (select conversation_id, content::json->0->>'text' as text from messages) as said where text like $1`,
    [textOf("%")]
  )
  return [
    {
      claim: "some are refused as busy",
      holds: busy > 0,
      found: `${accepted.length} accepted, ${busy} busy, ${unavailable} unavailable`
    },
    { claim: "each refusal says when to come again", holds: hinted === busy + unavailable, found: String(hinted) },
    { claim: "there is no other answer", holds: other.length === 0, found: other.slice(0, 2).join(" ") || "none" },
    {
      claim: "refusals are counted in parley_conversation_refusals",
      holds: counted >= busy + unavailable,
      found: String(counted)
    },
    { claim: "nothing hangs", holds: slowestMs < answerWithinMs, found: `slowest ${slowestMs.toFixed(0)} ms` },
    {
      claim: "what was accepted is stored, once",
      holds: row?.stored === accepted.length && row.times === accepted.length,
      found: `${row?.times} messages`
    }
  ]
}

const textOf = (clientMessageId: string): string => `remark ${clientMessageId}`
const bodyOf = ({ clientMessageId }: Remark) => ({
  clientMessageId,
  content: [{ type: "text", text: textOf(clientMessageId) }],
  reply: false
})

/** Over HTTP each command is on its own. */
const overHttp =
  (site: Site): Asker =>
  async (remark) => {
    const { url } = site.clientRandom.pick(site.openGateways)
    const response = await fetch(`${url}/api/conversations/${remark.conversationId}/messages`, {
      method: "POST",
      headers: { authorization: `Bearer ${site.key}`, "content-type": "application/json" },
      body: JSON.stringify(bodyOf(remark)),
      signal: AbortSignal.timeout(2 * answerWithinMs)
    })
    const body: Answer = JSON.parse(await response.text())
    return response.ok ? { code: "accepted" } : body
  }

const overSocket =
  (socket: SocketClient): Asker =>
  async (remark) => {
    const answer = await socket.ask({ type: "send", conversationId: remark.conversationId, ...bodyOf(remark) })
    if (answer?.type === "error") return answer
    return { code: answer?.type ?? "no answer" }
  }

const follow = async (site: Site, conversationId: string): Promise<ReadonlyArray<SocketClient>> => {
  const sockets = site.gateways.map(({ url }) => new SocketClient(() => url, site.key, site.clientRandom))
  await Promise.all(sockets.map((socket) => socket.command({ type: "follow", conversationId })))
  return sockets
}

const mailbox: Drill = faultInTheMiddle({
  name: "mailbox-full",
  about: "one conversation is sent more commands at once than it may have under way, beside running answers",
  fault: async (site, load) => {
    const [conversationId = ""] = await load.createConversations(1)
    // A gateway that follows a conversation asks nothing of the store before it passes a command on: so they come at once.
    const followers = await follow(site, conversationId)
    const remarks = Array.from({ length: 6 * mailboxCapacity }, (_, n) => ({ conversationId, clientMessageId: `m${n}` }))
    const askers = Array.from({ length: 3 * mailboxCapacity }, () => overHttp(site))
    const outcome = await askAll(askers, remarks)
    for (const follower of followers) follower.close()
    return { claims: await claimsOf(site, outcome) }
  }
})

const resident: Drill = faultInTheMiddle({
  name: "resident-cap",
  about: "one runner may hold 10,000 conversations, and 10,200 are spoken to",
  words: 300,
  site: { runners: 1, env: { PARLEY_MAX_RESIDENT_CONVERSATIONS: String(residents) } },
  fault: async (site, load) => {
    const ids = await copyConversations(site, load.turns[0]?.conversationId ?? "", residents + beyond)
    const sockets = Array.from(
      { length: socketsAtOnce },
      (_, n) => new SocketClient(() => site.gateways[n % site.gateways.length]?.url, site.key, site.clientRandom)
    )
    const askers = sockets.flatMap((socket) => Array.from({ length: commandsPerSocket }, () => overSocket(socket)))
    const outcome = await askAll(
      askers,
      ids.map((conversationId) => ({ conversationId, clientMessageId: "one" }))
    )
    const claims = await claimsOf(site, outcome)
    const again = await askAll(askers, outcome.accepted.slice(0, askedAgain))
    for (const socket of sockets) socket.close()
    return {
      claims: [
        ...claims,
        {
          claim: "while it is full, those that it holds are served",
          holds: again.accepted.length === askedAgain,
          found: `${again.accepted.length} of ${askedAgain} that were asked again`
        }
      ]
    }
  }
})

/** Many conversations at once, as rows: to make them one by one would be another drill. */
const copyConversations = async (site: Site, model: string, count: number): Promise<ReadonlyArray<string>> => {
  const rows = await site.store.ask<{ id: string }>(
    `with made as (
       insert into conversations (tenant_id, id, title, model, system_prompt, parameters, created_by, created_at_ms, updated_at_ms)
       select tenant_id, 'cnv_' || left(id_time, 10) || lpad(n::text, 16, '0'), title, model, system_prompt, parameters, created_by,
         created_at_ms, updated_at_ms
       from (select *, substr(id, 5) as id_time from conversations where id = $1) as source, generate_series(1, $2::int) as n
       returning tenant_id, id, created_by, created_at_ms
     ), joined as (
       insert into members (tenant_id, conversation_id, principal_id, role, joined_at_ms)
       select tenant_id, id, created_by, 'owner', created_at_ms from made
     )
     select id from made`,
    [model, count]
  )
  return rows.map(({ id }) => id)
}

export const boundDrills: ReadonlyArray<Drill> = [mailbox, resident]
