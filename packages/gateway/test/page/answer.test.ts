import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import type { RunFrame } from "@parley/domain/RunFrame"
import { Epoch, RunId } from "@parley/domain/Ids"
import { ConversationId, MessageId } from "@parley/domain/Ids"
import { applyFrame, cursorOf, emptyAnswer } from "../../src/page/answer.js"

const runId = RunId.make(`run_${"0".repeat(26)}`)
const epoch = Epoch.make(`epo_${"0".repeat(26)}`)
const run = { conversationId: ConversationId.make(`cnv_${"0".repeat(26)}`), runId }
const messageId = MessageId.make(`msg_${"0".repeat(26)}`)

const delta = (seq: number, ...texts: ReadonlyArray<string>): RunFrame => ({
  type: "delta",
  ...run,
  epoch,
  seq,
  count: texts.length,
  events: texts.map((text) => ({ type: "text-delta", text }))
})
const snapshot = (seq: number, text: string, of = epoch): RunFrame => ({
  type: "snapshot",
  ...run,
  epoch: of,
  seq,
  state: {
    messageId,
    model: "demo/echo",
    content: [
      { type: "reasoning", text: "hm" },
      { type: "text", text },
      { type: "tool-call", id: "t", name: "look", arguments: "{}" }
    ],
    usage: null,
    status: "running",
    terminal: null
  }
})

describe("what the page holds of a run", () => {
  it("frames that follow on are applied, lower ones dropped, and a gap asks again with what is held", () => {
    const answer = emptyAnswer(runId)
    assert.deepStrictEqual(cursorOf(answer), {})
    assert.strictEqual(applyFrame(answer, delta(2, "early")), "subscribe")
    assert.strictEqual(applyFrame(answer, delta(1, "a", "b")), "applied")
    assert.strictEqual(applyFrame(answer, delta(1, "a", "b")), "dropped")
    assert.strictEqual(applyFrame(answer, delta(4, "d")), "subscribe")
    assert.strictEqual(applyFrame(answer, delta(3, "c")), "applied")
    assert.strictEqual(answer.text, "abc")
    assert.deepStrictEqual(cursorOf(answer), { epoch, afterSeq: 3 })
  })

  it("another epoch asks again, and its snapshot replaces everything", () => {
    const answer = emptyAnswer(runId)
    applyFrame(answer, delta(1, "old"))
    const other = Epoch.make(`epo_${"1".repeat(26)}`)
    assert.strictEqual(applyFrame(answer, { ...delta(2, "new"), epoch: other } as RunFrame), "subscribe")
    assert.strictEqual(applyFrame(answer, snapshot(7, "whole", other)), "applied")
    assert.deepStrictEqual(
      [answer.text, answer.reasoning, answer.notices, answer.seq, answer.epoch],
      ["whole", "hm", ["Called look"], 7, other]
    )
  })

  it("events are told apart, and the terminal is kept", () => {
    const answer = emptyAnswer(runId)
    applyFrame(answer, {
      ...delta(1),
      count: 5,
      events: [
        { type: "run-start", messageId, model: "demo/echo" },
        { type: "reasoning-delta", text: "hm" },
        { type: "tool-call", index: 0, id: "t", name: "look", arguments: "{}" },
        { type: "provider-switch", from: "a", to: "b", reason: "it failed" },
        { type: "run-fail", code: "provider_failed", message: "no" }
      ]
    } as RunFrame)
    assert.deepStrictEqual(
      [answer.messageId, answer.model, answer.reasoning, answer.notices, answer.terminal?.type, answer.seq],
      [messageId, "demo/echo", "hm", ["Called look", "Went on with b: it failed"], "run-fail", 5]
    )
  })

  it("an answer that begins again keeps nothing of what was told before", () => {
    const answer = emptyAnswer(runId)
    applyFrame(answer, {
      ...delta(1),
      count: 5,
      events: [
        { type: "run-start", messageId, model: "demo/echo" },
        { type: "reasoning-delta", text: "hm" },
        { type: "text-delta", text: "lost" },
        { type: "provider-switch", from: "a", to: "b", reason: "it failed", restart: true },
        { type: "text-delta", text: "kept" }
      ]
    } as RunFrame)
    assert.deepStrictEqual([answer.text, answer.reasoning, answer.notices], ["kept", "", ["Began again with b: it failed"]])
  })

  it("closed, gone and caught-up are told", () => {
    const answer = emptyAnswer(runId)
    assert.strictEqual(applyFrame(answer, { type: "caught-up", ...run, epoch: null, seq: 0 }), "dropped")
    assert.strictEqual(applyFrame(answer, { type: "gone", ...run }), "gone")
    const closed = { type: "closed", ...run, message: { id: messageId }, terminal: { type: "run-cancel" } }
    assert.strictEqual(applyFrame(answer, closed as never), "closed")
    assert.strictEqual(answer.terminal?.type, "run-cancel")
  })

  it.prop(
    "however a log is cut, repeated and reordered into frames, applying it and asking again ends with the same text",
    [Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 40 }))).check(Schema.isMaxLength(60))],
    ([cuts]) => {
      const words = Array.from({ length: 40 }, (_, i) => `${i} `)
      const answer = emptyAnswer(runId)
      for (const from of cuts) {
        const seq = from + 1
        const result = applyFrame(answer, delta(seq, ...words.slice(from, from + 5)))
        assert.strictEqual(answer.text, words.slice(0, answer.seq).join(""))
        if (result === "subscribe") applyFrame(answer, delta(answer.seq + 1, ...words.slice(answer.seq, answer.seq + 3)))
      }
      applyFrame(answer, delta(answer.seq + 1, ...words.slice(answer.seq)))
      assert.strictEqual(answer.text, words.join(""))
    }
  )
})
