/** Past a bound: a typed refusal that says when to come again, counted, and nothing hangs. */
import { faultInTheMiddle } from "../harness/Drill.ts"
import type { Drill } from "../harness/Drill.ts"
import { metricOf } from "../harness/metricOf.ts"
import type { SocketClient } from "../clients/SocketClient.ts"
import { SocketClient as Client } from "../clients/SocketClient.ts"
import type { Site } from "../harness/Site.ts"

/** Commands that one conversation may have under way, and those that a socket may. */
const mailboxCapacity = 256
const commandsPerSocket = 32
/** Conversations that one runner holds in the drill, and how many are asked beyond. */
const residents = 10_000
const beyond = 200
/** Nothing may take longer than a command's own time limit. */
const answerWithinMs = 25_000

const remark = (conversationId: string, clientMessageId: string) => ({
  type: "send",
  conversationId,
  clientMessageId,
  reply: false,
  content: [{ type: "text", text: "remark" }]
})

interface Outcome {
  readonly accepted: number
  readonly busy: number
  /** By the store, which has a bound of its own. */
  readonly unavailable: number
  /** Refusals that say when to come again. */
  readonly hinted: number
  readonly other: ReadonlyArray<string>
  readonly slowestMs: number
}

/** All commands, each socket with as many under way as it may. */
const askAll = async (
  sockets: ReadonlyArray<SocketClient>,
  commands: ReadonlyArray<ReturnType<typeof remark>>
): Promise<Outcome> => {
  let next = 0
  let accepted = 0
  let busy = 0
  let unavailable = 0
  let hinted = 0
  let slowestMs = 0
  const other: Array<string> = []
  const lane = async (socket: SocketClient): Promise<void> => {
    for (let command = commands[next++]; command !== undefined; command = commands[next++]) {
      const began = performance.now()
      const answer = await socket.ask(command)
      slowestMs = Math.max(slowestMs, performance.now() - began)
      if (answer?.type === "accepted") accepted++
      else if (answer?.type === "error" && (answer.code === "busy" || answer.code === "unavailable")) {
        if (answer.code === "busy") busy++
        else unavailable++
        if (answer.retryAfterMs !== undefined && answer.retry === "later") hinted++
      } else other.push(JSON.stringify(answer ?? "no answer"))
    }
  }
  await Promise.all(sockets.flatMap((socket) => Array.from({ length: commandsPerSocket }, () => lane(socket))))
  return { accepted, busy, unavailable, hinted, other, slowestMs }
}

const claimsOf = async (site: Site, outcome: Outcome) => {
  const counted = await metricOf(site, "parley_conversation_refusals", "busy")
  return [
    {
      claim: "some are refused as busy",
      holds: outcome.busy > 0,
      found: `${outcome.accepted} accepted, ${outcome.busy} busy, ${outcome.unavailable} unavailable`
    },
    {
      claim: "each refusal says when to come again",
      holds: outcome.hinted === outcome.busy + outcome.unavailable,
      found: String(outcome.hinted)
    },
    {
      claim: "there is no other answer",
      holds: outcome.other.length === 0,
      found: outcome.other.slice(0, 2).join(" ") || "none"
    },
    { claim: "refusals are counted in parley_conversation_refusals", holds: counted > 0, found: String(counted) },
    { claim: "nothing hangs", holds: outcome.slowestMs < answerWithinMs, found: `slowest ${outcome.slowestMs.toFixed(0)} ms` }
  ]
}

const withSockets = async (site: Site, count: number, use: (sockets: ReadonlyArray<SocketClient>) => Promise<Outcome>) => {
  const url = site.gateways[0]?.url
  const sockets = Array.from({ length: count }, () => new Client(() => url, site.key, site.random))
  try {
    return await use(sockets)
  } finally {
    for (const socket of sockets) socket.close()
  }
}

const mailbox: Drill = faultInTheMiddle({
  name: "mailbox-full",
  about: "one conversation is sent more commands at once than it may have under way, beside running answers",
  fault: async (site, load) => {
    const [conversation = ""] = await load.createConversations(1)
    const commands = Array.from({ length: 6 * mailboxCapacity }, (_, n) => remark(conversation, `m${n}`))
    const outcome = await withSockets(site, (3 * mailboxCapacity) / commandsPerSocket, (sockets) => askAll(sockets, commands))
    const [row] = await site.store.ask<{ stored: number }>(
      "select count(*)::int as stored from messages where conversation_id = $1",
      [conversation]
    )
    const claims = await claimsOf(site, outcome)
    return {
      claims: [
        ...claims,
        { claim: "what was accepted is stored, once", holds: row?.stored === outcome.accepted, found: String(row?.stored) }
      ]
    }
  }
})

const resident: Drill = faultInTheMiddle({
  name: "resident-cap",
  about: "one runner may hold 10,000 conversations, and 10,200 are spoken to",
  words: 300,
  site: { runners: 1, env: { PARLEY_MAX_RESIDENT_CONVERSATIONS: String(residents) } },
  fault: async (site, load) => {
    const ids = await copyConversations(site, load.turns[0]?.conversationId ?? "", residents + beyond)
    const outcome = await withSockets(site, 4, (sockets) =>
      askAll(
        sockets,
        ids.map((id) => remark(id, "one"))
      )
    )
    return { claims: await claimsOf(site, outcome) }
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
