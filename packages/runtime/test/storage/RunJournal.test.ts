/** One suite for every journal. */
import { assert, describe, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import type { RunEvent } from "@parley/domain/RunEvent"
import { ConversationStore } from "../../src/storage/ConversationStore.ts"
import { MemoryRunJournal } from "../../src/storage/MemoryRunJournal.ts"
import type { JournalEntry } from "../../src/storage/RunJournal.ts"
import { RunJournal } from "../../src/storage/RunJournal.ts"
import { SqlConversationStore } from "../../src/storage/SqlConversationStore.ts"
import { SqlRunJournal } from "../../src/storage/SqlRunJournal.ts"
import { makeEpoch } from "./support/ids.ts"
import { closeOf, contextOf, said, seedConversation, seedTenant, TestDatabase } from "./support/TestDatabase.ts"

const Base = SqlConversationStore.layer.pipe(Layer.provideMerge(TestDatabase))

/** A run under way, as every journal's entries belong to one. */
const running = Effect.gen(function* () {
  const tenant = yield* seedTenant
  const key = yield* seedConversation(tenant)
  const context = yield* contextOf(tenant.alice)
  yield* (yield* ConversationStore).acceptSend(key, said("question"), context)
  const entry = (seq: number, text: string, epoch = context.run.epoch): JournalEntry => ({
    tenantId: tenant.tenantId,
    runId: context.run.runId,
    epoch,
    seq,
    count: 1,
    events: [{ type: "text-delta", text }]
  })
  return { key, context, entry, tenantId: tenant.tenantId, runId: context.run.runId }
})

const suite = (name: string, journalLayer: Layer.Layer<RunJournal | Layer.Success<typeof Base>, Layer.Error<typeof Base>>) =>
  layer(journalLayer, { timeout: "60 seconds" })(name, (it) => {
    describe("append and read", () => {
      it.effect("gives back a run's entries by seq, however they were appended", () =>
        Effect.gen(function* () {
          const journal = yield* RunJournal
          const { entry, runId, tenantId } = yield* running
          const entries = [entry(1, "one"), { ...entry(2, "two"), target: "one/m" }, entry(3, "three")]
          yield* journal.append([{ ...entry(2, "two"), target: "one/m" }, entry(1, "one")])
          yield* journal.append([entry(3, "three")])
          assert.deepStrictEqual(yield* journal.read(tenantId, runId), entries)
        })
      )

      it.effect("keeps the first of an entry that is written twice", () =>
        Effect.gen(function* () {
          const journal = yield* RunJournal
          const { entry, runId, tenantId } = yield* running
          yield* journal.append([entry(1, "first"), entry(1, "same batch")])
          yield* journal.append([entry(1, "second"), entry(2, "next")])
          assert.deepStrictEqual(yield* journal.read(tenantId, runId), [entry(1, "first"), entry(2, "next")])
        })
      )

      it.effect("orders epochs by when they began to write, not by their names", () =>
        Effect.gen(function* () {
          const journal = yield* RunJournal
          const { entry, runId, tenantId } = yield* running
          const younger = yield* makeEpoch
          const older = yield* makeEpoch
          yield* journal.append([entry(1, "a", older), entry(2, "b", older)])
          yield* journal.append([entry(1, "c", younger)])
          yield* journal.append([entry(3, "late", older)])
          assert.deepStrictEqual(yield* journal.read(tenantId, runId), [
            entry(1, "a", older),
            entry(2, "b", older),
            entry(3, "late", older),
            entry(1, "c", younger)
          ])
        })
      )

      it.effect("orders an epoch before the one that succeeded it, though it writes its first words after that", () =>
        Effect.gen(function* () {
          const journal = yield* RunJournal
          const { context, entry, runId, tenantId } = yield* running
          const second = yield* makeEpoch
          const third = yield* makeEpoch
          yield* journal.succeed(tenantId, runId, { from: context.run.epoch, to: second })
          yield* journal.append([entry(1, "second's", second)])
          yield* journal.succeed(tenantId, runId, { from: second, to: third })
          assert.deepStrictEqual(yield* journal.read(tenantId, runId), [entry(1, "second's", second)])
          yield* journal.append([entry(2, "third's", third)])
          yield* journal.append([entry(1, "late")])
          assert.deepStrictEqual(yield* journal.read(tenantId, runId), [
            entry(1, "late"),
            entry(1, "second's", second),
            entry(2, "third's", third)
          ])
        })
      )

      it.effect("takes the entries of many tenants at once, and tells each its own", () =>
        Effect.gen(function* () {
          const journal = yield* RunJournal
          const runs = yield* Effect.all([running, running, running])
          yield* journal.append(runs.map(({ entry }, index) => entry(1, `${index}`)))
          for (const [index, { entry, runId, tenantId }] of runs.entries()) {
            assert.deepStrictEqual(yield* journal.read(tenantId, runId), [entry(1, `${index}`)])
            const other = runs[(index + 1) % runs.length]
            assert.isDefined(other)
            assert.deepStrictEqual(yield* journal.read(other.tenantId, runId), [])
          }
        })
      )

      it.effect("takes a batch of any size, an empty one too", () =>
        Effect.gen(function* () {
          const journal = yield* RunJournal
          const { entry, runId, tenantId } = yield* running
          const entries = Array.from({ length: 2_345 }, (_, index) => entry(index + 1, `${index}`))
          yield* journal.append(entries)
          yield* journal.append([])
          assert.deepStrictEqual(yield* journal.read(tenantId, runId), entries)
        })
      )

      it.effect("gives back every kind of event as it was", () =>
        Effect.gen(function* () {
          const journal = yield* RunJournal
          const { context, entry, runId, tenantId } = yield* running
          const events: ReadonlyArray<RunEvent> = [
            { type: "run-start", messageId: context.run.messageId, model: "demo/echo" },
            { type: "reasoning-delta", text: "hm \0 \uD800" },
            { type: "tool-call-delta", index: 0, id: "call", name: "f", arguments: "{" },
            { type: "tool-call", index: 0, id: "call", name: "f", arguments: "{}" },
            { type: "tool-result", toolCallId: "call", content: "1", isError: false },
            { type: "provider-switch", from: "a/b", to: "c/d", reason: "away" }
          ]
          const whole = { ...entry(1, ""), count: events.length, events }
          yield* journal.append([whole])
          assert.deepStrictEqual(yield* journal.read(tenantId, runId), [whole])
        })
      )
    })

    describe("dropClosedBefore", () => {
      it.effect("drops a closed run's entries and keeps a running one's", () =>
        Effect.gen(function* () {
          const journal = yield* RunJournal
          const store = yield* ConversationStore
          const closed = yield* running
          yield* journal.append([closed.entry(1, "closed")])
          yield* store.closeRun(closed.key, closeOf(closed.context, "closed"))
          yield* TestClock.adjust("1 hour")
          const open = yield* running
          yield* journal.append([open.entry(1, "open")])
          const now = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
          yield* journal.dropClosedBefore(now - 7_200_000)
          assert.strictEqual((yield* journal.read(closed.tenantId, closed.runId)).length, 1)
          yield* journal.dropClosedBefore(now - 60_000)
          assert.strictEqual((yield* journal.read(closed.tenantId, closed.runId)).length, 0)
          assert.strictEqual((yield* journal.read(open.tenantId, open.runId)).length, 1)
        })
      )
    })
  })

suite("SqlRunJournal", SqlRunJournal.layer.pipe(Layer.provideMerge(Base)))
suite("MemoryRunJournal", MemoryRunJournal.layer.pipe(Layer.provideMerge(Base)))
