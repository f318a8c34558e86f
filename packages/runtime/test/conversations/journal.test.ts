import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { textOf } from "@parley/domain/Content"
import { foldJournal } from "../../src/conversations/foldJournal.ts"
import { storeAway } from "./MemoryConversationStore.ts"
import { conversationWorld } from "./world.ts"

describe("the journal", () => {
  it.effect("that is away for a while gets what it missed, once, when it is back", () =>
    Effect.gen(function* () {
      let isAway = true
      let inserts = 0
      const world = yield* conversationWorld({}, (journal) => ({
        ...journal,
        append: (entries) =>
          Effect.suspend(() => {
            inserts++
            return isAway ? storeAway : journal.append(entries)
          })
      }))
      const { id } = yield* world.create()
      const sent = yield* world.send(id, "c1", "Tell me")
      const call = yield* world.provider.call(0)
      for (let i = 0; i < 5; i++) {
        call.say(`${i} `)
        world.loop.advance(100)
        yield* TestClock.adjust(150)
      }
      assert.isAbove(inserts, 3)
      isAway = false
      yield* TestClock.adjust(300)
      const before = inserts
      yield* TestClock.adjust(5_000)
      assert.strictEqual(inserts, before, "and is left alone when there is nothing new")
      const entries = yield* world.journal.read(world.caller.tenantId, sent.run?.runId ?? assert.fail())
      const { seq, state } = foldJournal(sent.run?.messageId ?? assert.fail(), "m", entries)
      assert.strictEqual(textOf(state.content), "0 1 2 3 4 ")
      assert.strictEqual(seq, 6, "the start, and five times text")
      assert.isAtMost(entries.length, 3)
    })
  )

  it.effect("is written in one insert for all runs, bounded by its size", () =>
    Effect.gen(function* () {
      const inserts: Array<number> = []
      const world = yield* conversationWorld({ maxJournalInsertChars: 3_000 }, (journal) => ({
        ...journal,
        append: (entries) => {
          inserts.push(entries.length)
          return journal.append(entries)
        }
      }))
      for (let n = 0; n < 9; n++) {
        const { id } = yield* world.create()
        yield* world.send(id, "c1", "Tell me")
      }
      for (let n = 0; n < 9; n++) (yield* world.provider.call(n)).say("x".repeat(1_000))
      inserts.length = 0
      yield* TestClock.adjust(200)
      assert.deepStrictEqual(inserts, [3, 3, 3])
    })
  )
})

describe("the journal of many runs", () => {
  it.effect("is written less often rather than with more entries a second than its bound", () =>
    Effect.gen(function* () {
      let entriesWritten = 0
      const world = yield* conversationWorld({ maxJournalEntriesPerSecond: 10 }, (journal) => ({
        ...journal,
        append: (entries) => {
          entriesWritten += entries.length
          return journal.append(entries)
        }
      }))
      for (let n = 0; n < 5; n++) {
        const { id } = yield* world.create()
        yield* world.send(id, "c1", "Tell me")
        yield* world.provider.call(n)
      }
      yield* TestClock.adjust(1_000)
      entriesWritten = 0
      for (let tenths = 0; tenths < 40; tenths++) {
        for (const call of world.provider.calls) call.say(".")
        world.loop.advance(100)
        yield* TestClock.adjust(100)
      }
      assert.isAtMost(entriesWritten, 45)
      assert.isAtLeast(entriesWritten, 30)
    })
  )
})
