/** Conversations under an id that the client made. */
import { assert, layer } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, Option } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { ConversationStore } from "../../src/storage/ConversationStore.ts"
import { dedupeWindowMs } from "../../src/storage/conversations/turnStatement.ts"
import { Maintenance } from "../../src/storage/Maintenance.ts"
import { SqlConversationStore } from "../../src/storage/SqlConversationStore.ts"
import { TenantSql } from "../../src/storage/TenantSql.ts"
import { makeConversationId } from "./support/ids.ts"
import { seedTenant, TestDatabase } from "./support/TestDatabase.ts"

const Tested = SqlConversationStore.layer.pipe(Layer.provideMerge(TestDatabase))

const input = { title: "Begun away", model: "demo/echo" }
const begun = Effect.gen(function* () {
  const tenant = yield* seedTenant
  const key = { tenantId: tenant.tenantId, conversationId: yield* makeConversationId }
  return { ...tenant, key, store: yield* ConversationStore }
})

const failureTag = <A, E extends { readonly _tag: string }>(effect: Effect.Effect<A, E>) =>
  Effect.map(Effect.flip(effect), (error) => error._tag)

/** Until a statement of this database waits for another transaction. */
const waitsForLock = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const waiting = sql`
    select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
  while ((yield* waiting).length === 0) yield* Effect.yieldNow
})

layer(Tested, { timeout: "60 seconds" })("A conversation under an id of the client's", (it) => {
  it.effect("is made once, however often and from however many pages it is asked", () =>
    Effect.gen(function* () {
      const { alice, key, store } = yield* begun
      const once = store.createOnce(key, alice, input)
      const made = yield* Effect.all([once, once, once, once], { concurrency: "unbounded" })
      yield* store.update(key, { title: "Renamed since" })
      const again = yield* store.createOnce(key, alice, { title: "Another", model: "demo/other" })
      assert.deepStrictEqual(new Set(made.map(({ createdAtMs }) => createdAtMs)).size, 1)
      assert.deepInclude(again, { id: key.conversationId, title: "Renamed since", model: "demo/echo" })
      assert.strictEqual(Option.getOrThrow(yield* store.load(key)).members.length, 1)
    })
  )

  it.effect("is nobody else's: one that is taken is a conflict, and so is one whose creator has left", () =>
    Effect.gen(function* () {
      const { alice, bob, key, store } = yield* begun
      yield* store.createOnce(key, alice, input)
      assert.strictEqual(yield* failureTag(store.createOnce(key, bob, input)), "Conflict")
      yield* store.addMember(key, bob)
      assert.strictEqual(yield* failureTag(store.createOnce(key, bob, input)), "Conflict")
      yield* store.removeMember(key, alice)
      assert.strictEqual(yield* failureTag(store.createOnce(key, alice, input)), "Conflict")
    })
  )

  it.effect("is another tenant's business only there: the same id is free, and both go on apart", () =>
    Effect.gen(function* () {
      const { alice, key, store } = yield* begun
      yield* store.createOnce(key, alice, input)
      const other = yield* seedTenant
      const theirs = { ...key, tenantId: other.tenantId }
      yield* store.createOnce(theirs, other.alice, { ...input, title: "Theirs" })
      yield* store.remove(theirs)
      assert.strictEqual((yield* store.createOnce(key, alice, input)).title, "Begun away")
      assert.strictEqual(yield* failureTag(store.createOnce(theirs, other.alice, input)), "Conflict")
    })
  )

  it.effect("stays deleted for as long as a device may still send, and no longer", () =>
    Effect.gen(function* () {
      const { alice, bob, key, store } = yield* begun
      yield* store.createOnce(key, alice, input)
      yield* store.remove(key)
      yield* TestClock.adjust(dedupeWindowMs)
      yield* Maintenance.run
      assert.strictEqual(yield* failureTag(store.createOnce(key, alice, input)), "Conflict")
      assert.strictEqual(yield* failureTag(store.createOnce(key, bob, input)), "Conflict")
      assert.deepStrictEqual(yield* store.load(key), Option.none(), "a refusal leaves nothing")
      assert.isTrue(yield* store.isRemoved(key))
      assert.isFalse(yield* store.isRemoved({ ...key, tenantId: (yield* seedTenant).tenantId }), "to another tenant it never was")
      yield* TestClock.adjust(1)
      yield* Maintenance.run
      assert.isFalse(yield* store.isRemoved(key))
      assert.strictEqual((yield* store.createOnce(key, alice, input)).id, key.conversationId)
      yield* store.remove(key)
      assert.strictEqual(yield* failureTag(store.createOnce(key, alice, input)), "Conflict", "and again")
    })
  )

  it.effect("is not made again by one who asks while they are being deleted", () =>
    Effect.gen(function* () {
      const { alice, key, store } = yield* begun
      yield* store.createOnce(key, alice, input)
      const tenantSql = yield* TenantSql
      const deleted = yield* Deferred.make<void>()
      const commit = yield* Deferred.make<void>()
      // The two statements of a deletion, held before its commit.
      const deletion = yield* Effect.forkChild(
        tenantSql.as(key.tenantId)((sql) =>
          Effect.gen(function* () {
            yield* sql`delete from conversations where id = ${key.conversationId}`
            yield* sql`insert into deleted_conversations (id, at_ms) values (${key.conversationId}, 0)`
            yield* Deferred.succeed(deleted, undefined)
            yield* Deferred.await(commit)
          })
        )
      )
      yield* Deferred.await(deleted)
      const creation = yield* Effect.forkChild(failureTag(store.createOnce(key, alice, input)))
      yield* waitsForLock
      yield* Deferred.succeed(commit, undefined)
      yield* Fiber.join(deletion)
      assert.strictEqual(yield* Fiber.join(creation), "Conflict")
      assert.deepStrictEqual(yield* store.load(key), Option.none())
    })
  )
})
