/**
 * `Notices` by Postgres' own LISTEN and NOTIFY. What is told within a moment goes out in one statement of its own, after the transactions that it
 * tells of: a NOTIFY inside of one makes commits wait for each other.
 */
import * as PgClient from "@effect/sql-pg/PgClient"
import { Deferred, Effect, Latch, Layer, Option, Queue, Schedule, Schema } from "effect"
import type { Redacted } from "effect"
import * as Reactivity from "effect/reactivity/Reactivity"
import { makeLocalNotices, Notice, Notices } from "@parley/domain/Notices"
import type { PrincipalId } from "@parley/domain/Ids"
import { SystemSql } from "../storage/SystemSql.ts"

export interface PostgresNoticesOptions {
  readonly url: Redacted.Redacted<string>
  /** False in a process that no other one is told of: alone on its database. */
  readonly tells: boolean
  /** False in a process where nobody would hear it. */
  readonly listens: boolean
}

const channel = "parley_notices"
/** How long what is told waits for more. */
const gatherMs = 50
/** Notices that wait; of lists one more is not told. */
const maxWaiting = 5_000
/** Postgres takes 8,000 bytes; the rest is for what is around the notices. */
const maxPayloadBytes = 7_600
/** People of one notice; of more than these it becomes several. */
const maxPrincipals = 150
/** Longest that the start waits for it. */
const firstListenMs = 2_000
/** How long after a lost session another one listens. */
const listenAgainMs = 1_000
/** Longest that one statement of the end holds up the end of the process. */
const lastFlushMs = 1_000

const Payload = Schema.fromJsonString(Schema.Struct({ from: Schema.String, notices: Schema.Array(Notice) }))
const decode = Schema.decodeUnknownOption(Payload)

const make = Effect.fnUntraced(function* (options: PostgresNoticesOptions) {
  const local = makeLocalNotices()
  const from = crypto.randomUUID()
  const outgoing = options.tells ? yield* makeOutgoing(from) : undefined
  if (options.listens) {
    const listening = yield* Deferred.make<void>()
    const heard = (payload: string): void => {
      const said = Option.getOrUndefined(decode(payload))
      if (said === undefined || said.from === from) return
      for (const notice of said.notices) local.tell(notice)
    }
    yield* Effect.forkScoped(listenForever(options.url, heard, listening))
    yield* Effect.timeoutOption(Deferred.await(listening), firstListenMs)
  }
  return Notices.of({
    tell: (notice) => {
      local.tell(notice)
      outgoing?.(notice)
    },
    listen: local.listen
  })
})

const layer = (options: PostgresNoticesOptions): Layer.Layer<never, never, SystemSql> => Layer.effect(Notices, make(options))

export const PostgresNotices = { layer }

/** Gives back what puts a notice among those that wait. */
const makeOutgoing = Effect.fnUntraced(function* (from: string) {
  const systemSql = yield* SystemSql
  const waiting = new Map<string, Notice>()
  const some = Latch.makeUnsafe(false)

  const flush = Effect.suspend(() => {
    const notices = [...waiting.values()]
    waiting.clear()
    return Effect.forEach(
      payloadsOf(from, notices),
      (payload) => systemSql.write((sql) => sql`select pg_notify(${channel}, ${payload})`),
      { discard: true }
    )
  }).pipe(Effect.catch((error) => Effect.logDebug("Other processes were not told what changed", error)))

  yield* Effect.addFinalizer(() => Effect.ignore(Effect.timeout(flush, lastFlushMs)))
  yield* some.await.pipe(
    Effect.andThen(Effect.sleep(gatherMs)),
    Effect.andThen(Effect.sync(() => some.closeUnsafe())),
    Effect.andThen(flush),
    Effect.forever,
    Effect.forkScoped
  )

  return (notice: Notice): void => {
    const key = keyOf(notice)
    const before = waiting.get(key)
    if (before === undefined && waiting.size >= maxWaiting && notice.type === "list") return
    waiting.set(key, before === undefined ? notice : joined(before, notice))
    some.openUnsafe()
  }
})

/** Notices of one kind about one thing are one. */
const keyOf = (notice: Notice): string => {
  if (notice.type === "credentials") return `${notice.tenantId} ${notice.principalId} ${notice.credentialId}`
  const { change, principalIds, tenantId } = notice
  return "conversationId" in change ? `${tenantId} ${change.conversationId}` : `${tenantId} ${change.type} ${principalIds.join()}`
}

const joined = (before: Notice, after: Notice): Notice => {
  if (before.type !== "list" || after.type !== "list") return after
  const principalIds: ReadonlyArray<PrincipalId> = [...new Set([...before.principalIds, ...after.principalIds])]
  return { ...after, principalIds, change: before.change.type === "changed" ? before.change : after.change }
}

const payloadsOf = (from: string, notices: ReadonlyArray<Notice>): ReadonlyArray<string> => {
  const payloads: Array<string> = []
  let parts: Array<string> = []
  let length = 0
  const end = () => {
    if (parts.length > 0) payloads.push(`{"from":"${from}","notices":[${parts.join()}]}`)
    parts = []
    length = 0
  }
  for (const notice of notices.flatMap(inParts)) {
    const text = JSON.stringify(notice)
    if (length + text.length > maxPayloadBytes) end()
    parts.push(text)
    length += text.length + 1
  }
  end()
  return payloads
}

const inParts = (notice: Notice): ReadonlyArray<Notice> => {
  if (notice.type !== "list" || notice.principalIds.length <= maxPrincipals) return [notice]
  const parts: Array<Notice> = []
  for (let at = 0; at < notice.principalIds.length; at += maxPrincipals) {
    parts.push({ ...notice, principalIds: notice.principalIds.slice(at, at + maxPrincipals) })
  }
  return parts
}

/** On a session of its own; one that is lost is replaced. What was told in between is not heard. */
const listenForever = (
  url: Redacted.Redacted<string>,
  heard: (payload: string) => void,
  listening: Deferred.Deferred<void>
): Effect.Effect<never> =>
  listenOnce(url, heard, listening).pipe(
    Effect.tapError((error) => Effect.logDebug("What other processes tell is not heard for a moment", error)),
    Effect.retry(Schedule.jittered(Schedule.spaced(listenAgainMs))),
    Effect.orDie,
    Effect.forever
  )

const listenOnce = (url: Redacted.Redacted<string>, heard: (payload: string) => void, listening: Deferred.Deferred<void>) =>
  Effect.gen(function* () {
    const sql = yield* PgClient.make({ url, maxConnections: 1, applicationName: "parley notices", keepAlive: "30 seconds" })
    const told = yield* sql.listen(channel)
    yield* Deferred.succeed(listening, undefined)
    return yield* Effect.forever(Effect.map(Queue.take(told), ({ payload }) => heard(payload ?? "")))
  }).pipe(Effect.scoped, Effect.provide(Reactivity.layer))
