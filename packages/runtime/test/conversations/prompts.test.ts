import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { ImagePart, Part, TextPart, ToolCallPart, ToolResultPart } from "@parley/domain/Content"
import { makeConversationId, makeEpoch, makeMessageId, makeRunId, makeTenantId } from "@parley/domain/Ids"
import { initialRunState } from "@parley/domain/foldRun"
import type { Message } from "@parley/domain/Message"
import { buildPrompt, isContinuable, saidIn } from "../../src/conversations/buildPrompt.ts"
import { foldJournal } from "../../src/conversations/foldJournal.ts"
import type { JournalEntry } from "../../src/storage/RunJournal.ts"

const message = (role: Message["role"], content: ReadonlyArray<Part>, status: Message["status"] = "complete") =>
  Effect.gen(function* () {
    const made: Message = {
      id: yield* makeMessageId,
      conversationId: yield* makeConversationId,
      parentId: null,
      role,
      authorId: null,
      content,
      status,
      runId: null,
      model: null,
      finishReason: null,
      usage: null,
      error: null,
      lastSeq: null,
      createdAtMs: 0
    }
    return made
  })
const words = (text: string): TextPart => ({ type: "text", text })

describe("what is asked of a model", () => {
  it.effect(
    "is the system prompt, then the path: images, calls with their results, and cancelled answers as far as they came",
    () =>
      Effect.gen(function* () {
        const image: ImagePart = { type: "image", url: "data:image/png;base64,AAAA" }
        const call: ToolCallPart = { type: "tool-call", id: "c1", name: "look", arguments: "{}" }
        const result: ToolResultPart = { type: "tool-result", toolCallId: "c1", content: "a cat" }
        const path = [
          yield* message("user", [words("What is it?"), image]),
          yield* message("assistant", [words("Let me see"), call]),
          yield* message("user", [result]),
          yield* message("assistant", [words("It is a")], "cancelled"),
          yield* message("user", [words("Go on")])
        ]
        assert.deepStrictEqual(buildPrompt("Be brief", path), [
          { role: "system", content: [words("Be brief")] },
          { role: "user", content: [words("What is it?"), image] },
          { role: "assistant", content: [words("Let me see"), call] },
          { role: "tool", content: [result] },
          { role: "assistant", content: [words("It is a")] },
          { role: "user", content: [words("Go on")] }
        ])
      })
  )

  it.effect("leaves out failed answers without content, and calls that nobody answered", () =>
    Effect.gen(function* () {
      const path = [
        yield* message("system", [words("A note")]),
        yield* message("user", [words("Hello")]),
        yield* message("assistant", [], "failed"),
        yield* message("assistant", [{ type: "tool-call", id: "c1", name: "look", arguments: "{" }], "cancelled"),
        yield* message("assistant", [{ type: "reasoning", text: "hm" }, words("")], "failed"),
        yield* message("user", [words("Still there?")])
      ]
      assert.deepStrictEqual(
        buildPrompt(null, path).map(({ role }) => role),
        ["system", "user", "user"]
      )
    })
  )

  it.effect("a partial answer is gone on with only if it is text, and text was asked for", () =>
    Effect.gen(function* () {
      const empty = initialRunState(yield* makeMessageId, "m")
      const partial = { ...empty, content: [{ type: "text" as const, text: "Once" }] }
      const called = { ...empty, content: [{ type: "tool-call" as const, id: "c", name: "f", arguments: "" }] }
      assert.isTrue(isContinuable(partial, {}))
      assert.isTrue(isContinuable(partial, { responseFormat: { type: "text" } }))
      assert.isFalse(isContinuable(partial, { responseFormat: { type: "json" } }))
      assert.isFalse(isContinuable(empty, {}))
      assert.isFalse(isContinuable({ ...empty, content: [{ type: "text", text: " \n" }] }, {}))
      assert.isFalse(isContinuable({ ...empty, content: [...partial.content, ...called.content] }, {}))
      const thought = { type: "reasoning" as const, text: "Hm" }
      assert.deepStrictEqual(saidIn({ ...empty, content: [thought, ...partial.content] }), { text: "Once", reasoning: "Hm" })
    })
  )
})

describe("the journal of a run", () => {
  const world = Effect.gen(function* () {
    const tenantId = yield* makeTenantId
    const runId = yield* makeRunId
    const messageId = yield* makeMessageId
    const epochs = [yield* makeEpoch, yield* makeEpoch] as const
    const entry = (epoch: 0 | 1, seq: number, text: string, count = 1): JournalEntry => ({
      tenantId,
      runId,
      epoch: epochs[epoch],
      seq,
      count,
      events: [{ type: "text-delta", text }]
    })
    return { entry, fold: (...entries: ReadonlyArray<JournalEntry>) => foldJournal(messageId, "m", entries) }
  })

  it.effect("is what was written in order, over the epochs of its owners", () =>
    Effect.gen(function* () {
      const { entry, fold } = yield* world
      const { epochs, idleEpochs, seq, state } = fold(entry(0, 1, "a", 2), entry(0, 3, "b"), entry(1, 4, "c"))
      assert.deepStrictEqual(state.content, [{ type: "text", text: "abc" }])
      assert.strictEqual(seq, 4)
      assert.strictEqual(epochs, 2)
      assert.strictEqual(idleEpochs, 0)
    })
  )

  it.effect("what a lost owner wrote after it was taken over is not part of the answer", () =>
    Effect.gen(function* () {
      const { entry, fold } = yield* world
      const { seq, state } = fold(entry(0, 1, "a"), entry(0, 2, "late"), entry(1, 2, "b"))
      assert.deepStrictEqual(state.content, [{ type: "text", text: "ab" }])
      assert.strictEqual(seq, 2)
    })
  )

  it.effect("ends at the first gap, and is empty without its beginning", () =>
    Effect.gen(function* () {
      const { entry, fold } = yield* world
      assert.strictEqual(fold(entry(0, 1, "a"), entry(0, 3, "c")).seq, 1)
      assert.deepInclude(fold(entry(0, 2, "b")), { seq: 0, epochs: 1 })
      assert.deepInclude(fold(), { seq: 0, epochs: 0 })
    })
  )
})
