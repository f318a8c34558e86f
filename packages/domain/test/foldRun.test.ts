import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { textOf } from "../src/Content.ts"
import { foldRun, foldRunEvents, initialRunState } from "../src/foldRun.ts"
import { MessageId } from "../src/Ids.ts"
import { isTerminal, RunEvent } from "../src/RunEvent.ts"

const messageId = MessageId.make(`msg_${"0".repeat(26)}`)
const start = initialRunState(messageId, "scripted/one")

describe("the fold of a run", () => {
  it.prop(
    "cut anywhere, the two halves fold to the same state as the whole",
    [Schema.Array(RunEvent), Schema.Int],
    ([events, cut]) => {
      const at = Math.abs(cut) % (events.length + 1)
      assert.deepStrictEqual(
        foldRunEvents(foldRunEvents(start, events.slice(0, at)), events.slice(at)),
        foldRunEvents(start, events)
      )
    }
  )

  it.prop("text joined or told character by character is the same text", [Schema.Array(Schema.String)], ([texts]) => {
    const state = foldRunEvents(
      start,
      texts.map((text) => ({ type: "text-delta", text }))
    )
    assert.deepStrictEqual(state, foldRun(start, { type: "text-delta", text: texts.join("") }))
    assert.strictEqual(textOf(state.content), texts.join(""))
  })

  it.prop("after the terminal nothing changes any more", [Schema.Array(RunEvent)], ([events]) => {
    const end = events.findIndex(isTerminal)
    const upTo = end === -1 ? events : events.slice(0, end + 1)
    assert.deepStrictEqual(foldRunEvents(start, events), foldRunEvents(start, upTo))
  })

  it("text that is interrupted by a tool call goes on as a part of its own", () => {
    const { content } = foldRunEvents(start, [
      { type: "text-delta", text: "Let me " },
      { type: "text-delta", text: "see" },
      { type: "tool-call-delta", index: 0, id: "c1", name: "look", arguments: "{" },
      { type: "tool-call", index: 0, id: "c1", name: "look", arguments: "{}" },
      { type: "tool-result", toolCallId: "c1", content: "seen", isError: false },
      { type: "text-delta", text: "Done" }
    ])
    assert.deepStrictEqual(content, [
      { type: "text", text: "Let me see" },
      { type: "tool-call", id: "c1", name: "look", arguments: "{}" },
      { type: "text", text: "Done" }
    ])
  })

  it("a signature closes its reasoning, and the next thought is another part", () => {
    const { content } = foldRunEvents(start, [
      { type: "reasoning-delta", text: "hm" },
      { type: "reasoning-delta", text: "m", signature: "s1" },
      { type: "reasoning-delta", text: "so" },
      { type: "reasoning-delta", text: "" },
      { type: "text-delta", text: "" }
    ])
    assert.deepStrictEqual(content, [
      { type: "reasoning", text: "hmm", signature: "s1" },
      { type: "reasoning", text: "so" }
    ])
  })

  it("a second start begins the answer again; a switch names the model that goes on", () => {
    const state = foldRunEvents(start, [
      { type: "text-delta", text: "lost" },
      { type: "run-start", messageId, model: "scripted/one" },
      { type: "provider-switch", from: "scripted/one", to: "scripted/two", reason: "down" },
      { type: "text-delta", text: "kept" },
      { type: "run-complete", finishReason: "stop" }
    ])
    assert.strictEqual(textOf(state.content), "kept")
    assert.strictEqual(state.model, "scripted/two")
    assert.strictEqual(state.status, "complete")
  })

  it("an answer that begins again keeps nothing of what was told before", () => {
    const state = foldRunEvents(start, [
      { type: "reasoning-delta", text: "hm" },
      { type: "tool-call", index: 0, id: "t", name: "look", arguments: "{}" },
      { type: "text-delta", text: "lost" },
      { type: "provider-switch", from: "scripted/one", to: "scripted/two", reason: "down", restart: true },
      { type: "text-delta", text: "kept" }
    ])
    assert.deepStrictEqual(state.content, [{ type: "text", text: "kept" }])
  })
})
