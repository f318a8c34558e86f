import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { initialRunState } from "@parley/domain/foldRun"
import { makeConversationId, makeEpoch, makeMessageId, makeRunId, makeTenantId } from "@parley/domain/Ids"
import { defaultConversationLimits } from "../../src/conversations/ConversationLimits.ts"
import { JournalWriter } from "../../src/conversations/JournalWriter.ts"
import { RunLog } from "../../src/conversations/RunLog.ts"
import { RunJournal } from "../../src/storage/RunJournal.ts"

/** A journal that takes everything, what was inserted, and a writer in front of it that so many runs have something for. */
const crowd = (count: number) => {
  const inserts: Array<number> = []
  const runs = new Set<string>()
  const journal = Layer.mock(RunJournal)({
    append: (entries) =>
      Effect.sync(() => {
        inserts.push(entries.length)
        for (const entry of entries) runs.add(entry.runId)
      })
  })
  const speak = Effect.gen(function* () {
    const writer = yield* JournalWriter
    const tenantId = yield* makeTenantId
    for (let n = 0; n < count; n++) {
      const identity = { conversationId: yield* makeConversationId, runId: yield* makeRunId, epoch: yield* makeEpoch }
      const log = new RunLog(identity, initialRunState(yield* makeMessageId, "scripted/one"), 0, defaultConversationLimits)
      writer.register(tenantId, log)
      log.appendText("word")
      log.flush()
    }
    return writer
  })
  return { inserts, runs, speak, layer: JournalWriter.layer.pipe(Layer.provide(journal)) }
}

describe("the journal of very many runs", () => {
  it.effect("is written in inserts of a size that holds up no token, and every run is in one of them", () => {
    const { inserts, layer, runs, speak } = crowd(600)
    return Effect.gen(function* () {
      yield* (yield* speak).settle
      assert.deepStrictEqual(inserts, [125, 125, 125, 125, 100])
      assert.strictEqual(runs.size, 600)
    }).pipe(Effect.provide(layer))
  })

  it.effect("is not written in one go: an insert waits until the one before has had its share of a second", () => {
    const { inserts, layer, runs, speak } = crowd(600)
    const { journalIntervalMs, maxJournalEntriesPerSecond } = defaultConversationLimits
    return Effect.gen(function* () {
      yield* speak
      yield* TestClock.adjust(journalIntervalMs)
      assert.deepStrictEqual(inserts, [125])
      const shareMs = 125_000 / maxJournalEntriesPerSecond
      yield* TestClock.adjust(shareMs - 1)
      assert.deepStrictEqual(inserts, [125])
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(inserts, [125, 125])
      yield* TestClock.adjust(3 * shareMs)
      assert.deepStrictEqual(inserts, [125, 125, 125, 125, 100])
      assert.strictEqual(runs.size, 600)
    }).pipe(Effect.provide(layer))
  })
})
