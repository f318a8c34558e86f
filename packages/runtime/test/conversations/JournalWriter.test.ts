import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { initialRunState } from "@parley/domain/foldRun"
import { makeConversationId, makeEpoch, makeMessageId, makeRunId, makeTenantId } from "@parley/domain/Ids"
import { defaultConversationLimits } from "../../src/conversations/ConversationLimits.ts"
import { JournalWriter } from "../../src/conversations/JournalWriter.ts"
import { RunLog } from "../../src/conversations/RunLog.ts"
import { RunJournal } from "../../src/storage/RunJournal.ts"

describe("the journal of very many runs", () => {
  it.effect("is written in inserts of a size that holds up no token, and every run is in one of them", () =>
    Effect.gen(function* () {
      const inserts: Array<number> = []
      const runs = new Set<string>()
      const journal = Layer.mock(RunJournal)({
        append: (entries) =>
          Effect.sync(() => {
            inserts.push(entries.length)
            for (const entry of entries) runs.add(entry.runId)
          })
      })
      yield* Effect.gen(function* () {
        const writer = yield* JournalWriter
        const tenantId = yield* makeTenantId
        for (let n = 0; n < 600; n++) {
          const identity = { conversationId: yield* makeConversationId, runId: yield* makeRunId, epoch: yield* makeEpoch }
          const log = new RunLog(identity, initialRunState(yield* makeMessageId, "scripted/one"), 0, defaultConversationLimits)
          writer.register(tenantId, log)
          log.appendText("word")
          log.flush()
        }
        yield* writer.settle
      }).pipe(Effect.provide(JournalWriter.layer.pipe(Layer.provide(journal))))
      assert.deepStrictEqual(inserts, [250, 250, 100])
      assert.strictEqual(runs.size, 600)
    })
  )
})
