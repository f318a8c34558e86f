import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { textOf } from "@parley/domain/Content"
import { foldRunEvents, initialRunState } from "@parley/domain/foldRun"
import { makeConversationId, makeEpoch, makeMessageId, makeRunId } from "@parley/domain/Ids"
import { RunEvent } from "@parley/domain/RunEvent"
import { DeltaFrame, SnapshotFrame } from "@parley/domain/RunFrame"
import { defaultConversationLimits } from "../../src/conversations/ConversationLimits.ts"
import { storableText } from "../../src/storage/conversations/rows.ts"
import { RunLog } from "../../src/conversations/RunLog.ts"

const delta = Schema.decodeUnknownSync(Schema.fromJsonString(DeltaFrame))
const snapshot = Schema.decodeUnknownSync(Schema.fromJsonString(SnapshotFrame))

const said = ["word", "quoted", "accent", "half", "nul", "line", "page"] as const
const texts: Record<(typeof said)[number], string> = {
  word: " word",
  quoted: '"\\"\n',
  accent: "é🙂",
  half: "🙂".slice(0, 1),
  nul: "\0",
  line: `${"a line ".repeat(30)}\n`,
  // Longer than one buffer of the tape, and than what may wait.
  page: "a page ".repeat(600)
}

const makeLog = (change: Partial<typeof defaultConversationLimits> = {}, afterSeq = 0) =>
  Effect.gen(function* () {
    const identity = { conversationId: yield* makeConversationId, runId: yield* makeRunId, epoch: yield* makeEpoch }
    const state = initialRunState(yield* makeMessageId, "scripted/one")
    const frames: Array<{ readonly text: string; readonly lastSeq: number; readonly bytes: number }> = []
    const log = new RunLog(identity, state, afterSeq, { ...defaultConversationLimits, ...change })
    log.attach({ deliver: (text, lastSeq, bytes) => frames.push({ text, lastSeq, bytes }) })
    return { log, frames, identity, state }
  })

describe("the log of a run", () => {
  it.effect("gives one number to what was joined since the last flush, and the same string to all", () =>
    Effect.gen(function* () {
      const { frames, identity, log } = yield* makeLog()
      const others: Array<string> = []
      log.attach({ deliver: (text) => others.push(text) })
      for (const word of ["A ", '"quoted" ', "naïve ", "🙂"]) log.appendText(word)
      log.flush()
      log.flush()
      assert.strictEqual(frames.length, 1)
      const [frame] = frames
      assert.deepStrictEqual(delta(frame?.text), {
        type: "delta",
        ...identity,
        seq: 1,
        count: 1,
        events: [{ type: "text-delta", text: 'A "quoted" naïve 🙂' }]
      })
      assert.strictEqual(frame?.bytes, Buffer.byteLength(frame?.text ?? ""))
      assert.deepStrictEqual(others, [frame?.text])
    })
  )

  it.effect("keeps the order of what is not text, and joins what says the same", () =>
    Effect.gen(function* () {
      const { frames, log } = yield* makeLog()
      log.append({ type: "reasoning-delta", text: "h" })
      log.append({ type: "reasoning-delta", text: "m", signature: "s" })
      log.append({ type: "reasoning-delta", text: "next" })
      log.append({ type: "text-delta", text: "a" })
      log.append({ type: "tool-call-delta", index: 0, id: "c", name: "f", arguments: "{" })
      log.append({ type: "tool-call-delta", index: 0, arguments: "}" })
      log.append({ type: "tool-call-delta", index: 1, id: "d", name: "g", arguments: "" })
      log.appendText("b")
      log.flush()
      const frame = delta(frames[0]?.text)
      assert.deepStrictEqual(
        frame.events.map((event) => event.type),
        ["reasoning-delta", "reasoning-delta", "text-delta", "tool-call-delta", "tool-call-delta", "text-delta"]
      )
      assert.strictEqual(frame.count, 6)
      assert.strictEqual(frames[0]?.lastSeq, 6)
    })
  )

  it.effect.prop(
    "whatever is appended and whenever it is flushed: frames are contiguous, and fold to the snapshot",
    [Schema.Array(Schema.Struct({ event: RunEvent, flush: Schema.Boolean }))],
    ([steps]) =>
      Effect.gen(function* () {
        const { frames, log, state } = yield* makeLog({ ringFrames: 8 })
        for (const step of steps) {
          log.append(step.event)
          if (step.flush) log.flush()
        }
        log.flushAll()
        let folded = state
        let last = 0
        for (const { lastSeq, text } of frames) {
          const frame = delta(text)
          assert.strictEqual(frame.seq, last + 1)
          last = frame.seq + frame.count - 1
          assert.strictEqual(last, lastSeq)
          folded = foldRunEvents(folded, frame.events)
        }
        assert.deepStrictEqual(snapshot(log.snapshot()).state, folded)
        assert.strictEqual(snapshot(log.snapshot()).seq, last)
        const direct = foldRunEvents(
          state,
          steps.map(({ event }) => event)
        )
        assert.strictEqual(textOf(folded.content), storableText(textOf(direct.content)))
        // From any boundary that a client can hold: what is missing, or nothing of it.
        for (const from of [0, ...frames.map(({ lastSeq }) => lastSeq)]) {
          const replay = log.replayAfter(from, Infinity)
          if (replay === undefined) continue
          const frame = delta(replay.frame)
          assert.strictEqual(frame.seq, from + 1)
          assert.strictEqual(frame.seq + frame.count - 1, last)
          let held = state
          for (const { lastSeq, text } of frames) if (lastSeq <= from) held = foldRunEvents(held, delta(text).events)
          assert.deepStrictEqual(foldRunEvents(held, frame.events), folded)
        }
      })
  )

  it.effect.prop(
    "whatever is plain or not, short or long, and whenever it is flushed and journaled: frames, journal and state say the same, whole and in order",
    [Schema.Array(Schema.Struct({ says: Schema.Literals(said), flush: Schema.Boolean, journal: Schema.Boolean }))],
    ([steps]) =>
      Effect.gen(function* () {
        const { frames, log, state } = yield* makeLog({ ringFrames: 8, maxPendingChars: 3_000 })
        const all = storableText(steps.map(({ says }) => texts[says]).join(""))
        let journaled = ""
        const journal = () => {
          for (const event of log.takeJournal()?.events ?? []) if (event.type === "text-delta") journaled += event.text
        }
        for (const step of steps) {
          log.appendText(texts[step.says])
          if (step.flush) log.flush()
          if (step.journal) journal()
        }
        log.flushAll()
        journal()
        const told = frames.map(({ text }) => delta(text)).reduce((held, { events }) => foldRunEvents(held, events), state)
        assert.strictEqual(textOf(told.content), all)
        assert.strictEqual(textOf(log.state.content), all)
        assert.strictEqual(journaled, all)
        for (const { bytes, text } of frames) assert.strictEqual(bytes, Buffer.byteLength(text))
      })
  )

  it.effect("holds no more than its frames and its bytes, and says so instead of replaying with a gap", () =>
    Effect.gen(function* () {
      const { log } = yield* makeLog({ ringFrames: 3, ringBytes: 10_000 })
      for (const word of ["a", "b", "c", "d", "e"]) {
        log.appendText(word)
        log.flush()
      }
      assert.isUndefined(log.replayAfter(1, Infinity))
      assert.deepStrictEqual(delta(log.replayAfter(2, Infinity)?.frame).events, [{ type: "text-delta", text: "cde" }])
      assert.isUndefined(log.replayAfter(2, 10), "longer than asked for")
      assert.isUndefined(log.replayAfter(5, Infinity), "nothing is missing")
      assert.isUndefined(log.replayAfter(9, Infinity), "ahead of the log")
      log.append({ type: "tool-call", index: 0, id: "c", name: "f", arguments: "x".repeat(9_900) })
      log.flush()
      assert.isUndefined(log.replayAfter(4, Infinity), "bytes count too")
      assert.isDefined(log.replayAfter(5, Infinity))
    })
  )

  it.effect("counts every event of a frame that it drops", () =>
    Effect.gen(function* () {
      const { frames, log } = yield* makeLog({ ringFrames: 3 })
      for (const n of [1, 2, 3, 4, 5]) {
        for (const index of [0, 1]) log.append({ type: "tool-call", index, id: `${n}.${index}`, name: "f", arguments: "" })
        log.appendText(`${n}`)
        log.flush()
      }
      assert.deepStrictEqual(
        frames.map(({ lastSeq }) => log.replayAfter(lastSeq, Infinity)).map((replay) => replay && delta(replay.frame).count),
        [undefined, 9, 6, 3, undefined]
      )
      const replay = delta(log.replayAfter(6, Infinity)?.frame)
      assert.deepInclude(replay.events[0], { type: "tool-call", id: "3.0" })
    })
  )

  it.effect("a cursor inside of a frame is answered with a snapshot", () =>
    Effect.gen(function* () {
      const { log } = yield* makeLog()
      log.append({ type: "reasoning-delta", text: "a" })
      log.appendText("b")
      log.flush()
      assert.isUndefined(log.replayAfter(1, Infinity))
    })
  )

  it.effect("does not let text wait past its bound", () =>
    Effect.gen(function* () {
      const { frames, log } = yield* makeLog({ maxPendingChars: 10 })
      for (const told of [0, 1]) {
        log.appendText("0123456789")
        assert.strictEqual(frames.length, told)
        log.appendText("!")
        assert.strictEqual(frames.length, told + 1)
      }
    })
  )

  it.effect("keeps its text apart from other runs' that speak in turn with it, over many buffers", () =>
    Effect.gen(function* () {
      const logs = [yield* makeLog(), yield* makeLog(), yield* makeLog()]
      const words = Array.from({ length: 300 }, (_, index) => `${index} `.padEnd(30, "."))
      const journaled = logs.map(() => "")
      for (const [index, word] of words.entries()) {
        for (const [which, { log }] of logs.entries()) {
          log.appendText(`${which} ${word}`)
          log.flush()
          if (index % 7 !== which) continue
          for (const event of log.takeJournal()?.events ?? []) if (event.type === "text-delta") journaled[which] += event.text
        }
      }
      for (const [which, { frames, log, state }] of logs.entries()) {
        const all = words.map((word) => `${which} ${word}`).join("")
        for (const event of log.takeJournal()?.events ?? []) if (event.type === "text-delta") journaled[which] += event.text
        const told = frames.map(({ text }) => delta(text)).reduce((held, { events }) => foldRunEvents(held, events), state)
        assert.strictEqual(textOf(told.content), all)
        assert.strictEqual(textOf(log.state.content), all)
        assert.strictEqual(journaled[which], all)
      }
    })
  )

  it.effect("waits for the other half of a character, and tells nothing that cannot be stored", () =>
    Effect.gen(function* () {
      const { frames, log } = yield* makeLog()
      const [high, low] = ["🙂".slice(0, 1), "🙂".slice(1)]
      log.appendText(`a${high}`)
      log.flush()
      log.flush()
      log.appendText(`${low}b\0`)
      log.flush()
      log.appendText(high)
      log.flush()
      log.append({ type: "tool-call", index: 0, id: "c", name: "f", arguments: "\0" })
      log.flush()
      assert.deepStrictEqual(
        frames.map(({ text }) => delta(text).events),
        [
          [{ type: "text-delta", text: "a" }],
          [{ type: "text-delta", text: "🙂b\uFFFD" }],
          [
            { type: "text-delta", text: "\uFFFD" },
            { type: "tool-call", index: 0, id: "c", name: "f", arguments: "\uFFFD" }
          ]
        ]
      )
      log.appendText(high)
      log.flushAll()
      assert.strictEqual(textOf(log.state.content), "a🙂b\uFFFD\uFFFD\uFFFD")
    })
  )

  it.effect(
    "what was let go of is neither replayed nor journaled again, and what is held is whole, over many buffers of text",
    () =>
      Effect.gen(function* () {
        const { log, state } = yield* makeLog({ ringFrames: 7, ringBytes: 6_000 })
        const told: Array<string> = []
        const journaled: Array<RunEvent> = []
        log.onJournal = () => {}
        for (let n = 0; n < 900; n++) {
          const text = `${n} ${n % 3 === 0 ? "naïve 🙂" : "plain"} ${"x".repeat((n * 37) % (n % 50 === 0 ? 5_000 : 300))};`
          told.push(text)
          if (n % 11 === 0) log.append({ type: "tool-call", index: 0, id: `${n}`, name: "f", arguments: "{}" })
          log.appendText(text)
          log.flush()
          if (n % 13 === 0) journaled.push(...(log.takeJournal()?.events ?? []))
          const last = log.replayAfter(log.seq - 1, Infinity)
          if (n % 11 !== 0) assert.deepStrictEqual(last && delta(last.frame).events, [{ type: "text-delta", text }])
        }
        journaled.push(...(log.takeJournal()?.events ?? []))
        assert.strictEqual(textOf(log.state.content), told.join(""))
        assert.deepStrictEqual(foldRunEvents(state, journaled), log.state)
        assert.isUndefined(log.replayAfter(log.seq - 20, Infinity))
      })
  )

  it.effect("gives the journal each number once, text joined, and nothing after its end", () =>
    Effect.gen(function* () {
      const { log, state } = yield* makeLog({}, 4)
      let marks = 0
      log.onJournal = () => marks++
      assert.isUndefined(log.takeJournal())
      log.appendText("a")
      log.flush()
      log.appendText("b")
      log.flush()
      log.append({ type: "tool-call", index: 0, id: "c", name: "f", arguments: "{}" })
      log.flush()
      assert.strictEqual(marks, 1, "told once, until it is taken")
      const slice = log.takeJournal()
      assert.deepInclude(slice, { seq: 5, count: 3 })
      assert.strictEqual(textOf(foldRunEvents(state, slice?.events ?? []).content), "ab")
      log.appendText("c")
      log.flush()
      assert.strictEqual(marks, 2)
      assert.deepInclude(log.takeJournal(), { seq: 8, count: 1 })
      log.speaker = () => "scripted/one"
      log.endJournal()
      log.appendText("d")
      log.flush()
      assert.isUndefined(log.takeJournal())
      assert.isUndefined(log.speaker, "who holds the log would hold the run and its prompt")
    })
  )
})
