/** Notices between processes, over a real Postgres. */
import { assert, layer } from "@effect/vitest"
import { Context, Effect, Layer, Queue } from "effect"
import { SqlClient } from "effect/sql"
import { SessionId } from "@parley/domain/Ids"
import { Notices } from "@parley/domain/Notices"
import type { Notice } from "@parley/domain/Notices"
import { PostgresNotices } from "../../src/notices/PostgresNotices.ts"
import { FreshDatabase } from "../../../../test/support/freshDatabase.ts"
import { makeConversationId, makePrincipalId, makeTenantId } from "../storage/support/ids.ts"
import { TestDatabase } from "../storage/support/TestDatabase.ts"

/** One process: what it tells, and what it heard. */
const startProcess = Effect.fnUntraced(function* (does: { readonly tells: boolean; readonly listens: boolean }) {
  const { url } = yield* FreshDatabase
  const context = yield* Layer.build(PostgresNotices.layer({ url, ...does }))
  const notices = Context.get(context, Notices)
  const heard = yield* Queue.unbounded<Notice>()
  yield* notices.listen((notice) => void Queue.offerUnsafe(heard, notice))
  return { tell: notices.tell, heard, next: Queue.take(heard) }
})
const both = { tells: true, listens: true }

const ids = Effect.gen(function* () {
  return { tenantId: yield* makeTenantId, principalId: yield* makePrincipalId, conversationId: yield* makeConversationId }
})
const moved = ({ conversationId, principalId, tenantId }: Effect.Success<typeof ids>, atMs: number): Notice => ({
  type: "list",
  tenantId,
  principalIds: [principalId],
  change: { type: "moved", conversationId, atMs }
})

layer(TestDatabase, { excludeTestServices: true })("notices", (it) => {
  it.effect("are heard in the process itself at once, and once in the others", () =>
    Effect.gen(function* () {
      const [one, two] = [yield* startProcess(both), yield* startProcess(both)]
      const runner = yield* startProcess({ tells: true, listens: false })
      const credentialId = SessionId.make(`ses_${"0".repeat(26)}`)
      const { principalId, tenantId, ...known } = yield* ids
      const ended: Notice = { type: "credentials", tenantId, principalId, credentialId }
      one.tell(ended)
      assert.deepStrictEqual(yield* Queue.clear(one.heard), [ended])
      assert.deepStrictEqual(yield* two.next, ended)
      const said = moved({ principalId, tenantId, ...known }, 1)
      runner.tell(said)
      assert.deepStrictEqual([yield* one.next, yield* two.next], [said, said])
      assert.deepStrictEqual(yield* Queue.clear(runner.heard), [said])
    })
  )

  it.effect("of one conversation within a moment are one, and a change is not lost behind what is said", () =>
    Effect.gen(function* () {
      const [one, two] = [yield* startProcess(both), yield* startProcess(both)]
      const [first, second] = [yield* ids, yield* ids]
      const changed: Notice = {
        ...first,
        type: "list",
        principalIds: [first.principalId],
        change: { type: "changed", conversationId: first.conversationId }
      }
      for (const atMs of [1, 2, 3]) one.tell(moved(second, atMs))
      one.tell(changed)
      one.tell(moved(first, 4))
      assert.deepInclude(yield* two.next, { change: { type: "moved", conversationId: second.conversationId, atMs: 3 } })
      assert.deepInclude(yield* two.next, { change: { type: "changed", conversationId: first.conversationId } })
      one.tell(moved(second, 5))
      assert.deepInclude(yield* two.next, { change: { type: "moved", conversationId: second.conversationId, atMs: 5 } })
    })
  )

  it.effect("for a room of a thousand are told in parts that Postgres takes", () =>
    Effect.gen(function* () {
      const [one, two] = [yield* startProcess(both), yield* startProcess(both)]
      const { conversationId, tenantId } = yield* ids
      const principalIds = yield* Effect.all(Array.from({ length: 1_000 }, () => makePrincipalId))
      one.tell({ type: "list", tenantId, principalIds, change: { type: "changed", conversationId } })
      const told = new Set<string>()
      while (told.size < 1_000) {
        const notice = yield* two.next
        if (notice.type === "list") for (const id of notice.principalIds) told.add(id)
      }
      assert.deepStrictEqual(told, new Set(principalIds))
    })
  )

  it.effect("are heard again after the session that listens was lost", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const [one, two] = [yield* startProcess(both), yield* startProcess({ tells: false, listens: true })]
      const listening = sql`select pid from pg_stat_activity where query like 'LISTEN%parley_notices%' and datname = current_database()`
      const before = yield* listening
      yield* sql`select pg_terminate_backend(pid) from pg_stat_activity where query like 'LISTEN%parley_notices%' and datname = current_database()`
      const gone = new Set(before.map(({ pid }) => pid))
      while ((yield* listening).filter(({ pid }) => !gone.has(pid)).length < before.length) yield* Effect.sleep(20)
      const known = yield* ids
      one.tell(moved(known, 1))
      assert.deepStrictEqual(yield* two.next, moved(known, 1))
    })
  )

  it.effect("of a process that ends are told before it is gone, and of one that is alone are told to nobody", () =>
    Effect.gen(function* () {
      const two = yield* startProcess(both)
      const [last, alone] = [yield* ids, yield* ids]
      yield* Effect.scoped(
        Effect.gen(function* () {
          const single = yield* startProcess({ tells: false, listens: false })
          single.tell(moved(alone, 1))
          const one = yield* startProcess({ tells: true, listens: false })
          one.tell(moved(last, 2))
        })
      )
      assert.deepStrictEqual(yield* two.next, moved(last, 2))
    })
  )
})
