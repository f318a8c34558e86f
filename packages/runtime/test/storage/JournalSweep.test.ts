import { assert, it } from "@effect/vitest"
import { makeEpoch, makeRunId, makeTenantId } from "@parley/domain/Ids"
import { Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { JournalSweep } from "../../src/storage/JournalSweep.ts"
import { MemoryRunJournal } from "../../src/storage/MemoryRunJournal.ts"
import { RunJournal } from "../../src/storage/RunJournal.ts"

it.effect("a journal is kept for minutes after its run, and then dropped", () =>
  Effect.gen(function* () {
    const journal = yield* RunJournal
    const tenantId = yield* makeTenantId
    const runId = yield* makeRunId
    const events = [{ type: "text-delta", text: "Hello" } as const]
    yield* journal.append([{ tenantId, runId, epoch: yield* makeEpoch, seq: 1, count: 1, events }])
    yield* TestClock.adjust("4 minutes")
    assert.strictEqual((yield* journal.read(tenantId, runId)).length, 1)
    yield* TestClock.adjust("3 minutes")
    assert.strictEqual((yield* journal.read(tenantId, runId)).length, 0)
  }).pipe(Effect.provide(JournalSweep.layer.pipe(Layer.provideMerge(MemoryRunJournal.layer))))
)
