import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { initialRunState } from "@parley/domain/foldRun"
import { makeConversationId, makeEpoch, makeMessageId, makeRunId } from "@parley/domain/Ids"
import { RunFrame } from "@parley/domain/RunFrame"
import { defaultConversationLimits } from "../../src/conversations/ConversationLimits.ts"
import { RunLog } from "../../src/conversations/RunLog.ts"
import { Subscriber } from "../../src/conversations/Subscriber.ts"
import { ManualLoop } from "./ManualLoop.ts"

const decode = Schema.decodeUnknownSync(Schema.fromJsonString(RunFrame))

const world = (options: { readonly acknowledges?: boolean } = {}) =>
  Effect.gen(function* () {
    const loop = new ManualLoop()
    const identity = { conversationId: yield* makeConversationId, runId: yield* makeRunId, epoch: yield* makeEpoch }
    const state = initialRunState(yield* makeMessageId, "scripted/one")
    const log = new RunLog(identity, state, 0, defaultConversationLimits)
    const frames: Array<RunFrame> = []
    const closes: Array<number> = []
    let buffered = 0
    const port = {
      ...options,
      send: (frame: string) => frames.push(decode(frame)),
      bufferedBytes: () => buffered,
      close: (code: number) => closes.push(code)
    }
    const subscriber = new Subscriber(port, log, defaultConversationLimits, loop)
    const say = (text: string) => {
      log.appendText(text)
      log.flush()
    }
    return {
      loop,
      log,
      frames,
      closes,
      subscriber,
      say,
      types: () => frames.map((frame) => frame.type),
      setBuffered: (bytes: number) => {
        buffered = bytes
      }
    }
  })

/** Falls behind by what was sent and not acknowledged. */
const kilobyte = "x".repeat(1024)

describe("a follower's place in a run", () => {
  it.effect("without a cursor it is told everything, then that it is caught up, then what is new", () =>
    Effect.gen(function* () {
      const { frames, log, say, subscriber, types } = yield* world()
      say("a")
      say("b")
      subscriber.start({})
      say("c")
      assert.deepStrictEqual(types(), ["delta", "caught-up", "delta"])
      assert.deepInclude(frames[0], { seq: 1, count: 2, events: [{ type: "text-delta", text: "ab" }] })
      assert.deepInclude(frames[1], { seq: 2, epoch: log.identity.epoch })
      assert.deepInclude(frames[2], { seq: 3 })
    })
  )

  it.effect("with a cursor of this epoch it is told what it lacks, and nothing if that is nothing", () =>
    Effect.gen(function* () {
      const { frames, log, say, subscriber, types } = yield* world()
      say("a")
      say("b")
      subscriber.start({ epoch: log.identity.epoch, afterSeq: 1 })
      assert.deepInclude(frames[0], { type: "delta", seq: 2, count: 1 })
      subscriber.stop()
      frames.length = 0
      subscriber.start({ epoch: log.identity.epoch, afterSeq: 2 })
      assert.deepStrictEqual(types(), ["caught-up"])
    })
  )

  it.effect("with a cursor of another epoch, ahead of the log, or older than the ring, it gets a snapshot", () =>
    Effect.gen(function* () {
      const { log, say } = yield* world()
      const other = yield* makeEpoch
      say("a")
      for (const cursor of [{ epoch: other, afterSeq: 1 }, { epoch: log.identity.epoch, afterSeq: 9 }, { afterSeq: 1 }]) {
        const seen: Array<string> = []
        const port = {
          send: (frame: string) => seen.push(decode(frame).type),
          bufferedBytes: () => 0,
          close: () => undefined
        }
        new Subscriber(port, log, defaultConversationLimits, new ManualLoop()).start(cursor)
        assert.deepStrictEqual(seen, ["snapshot", "caught-up"])
      }
    })
  )

  it.effect("more than 32 KB behind it gets no more deltas; drained, one snapshot; then deltas again", () =>
    Effect.gen(function* () {
      const { frames, log, say, subscriber } = yield* world()
      subscriber.start({})
      for (let i = 0; i < 100; i++) say(kilobyte)
      const sent = frames.filter((frame) => frame.type === "delta").length
      assert.isAtLeast(sent, 26)
      assert.isAtMost(sent, 33)
      subscriber.ack(sent - 10)
      assert.strictEqual(frames.length, sent + 1, "not drained yet")
      subscriber.ack(sent)
      assert.deepInclude(frames.at(-1), { type: "snapshot", seq: 100 })
      assert.strictEqual(frames.filter((frame) => frame.type === "snapshot").length, 1)
      subscriber.ack(100)
      say("more")
      assert.deepInclude(frames.at(-1), { type: "delta", seq: 101 })
      assert.strictEqual(log.seq, 101)
    })
  )

  it.effect("the transport's buffer counts too, and its draining", () =>
    Effect.gen(function* () {
      const { frames, say, setBuffered, subscriber } = yield* world()
      subscriber.start({})
      setBuffered(33 * 1024)
      say("a")
      say("b")
      assert.strictEqual(frames.length, 1)
      setBuffered(9 * 1024)
      subscriber.drained()
      assert.strictEqual(frames.length, 1, "not drained yet")
      setBuffered(0)
      subscriber.drained()
      assert.deepInclude(frames.at(-1), { type: "snapshot", seq: 2 })
    })
  )

  it.effect("a long answer's snapshot does not hold back what follows it, acknowledged or not", () =>
    Effect.gen(function* () {
      const { frames, log, say, subscriber } = yield* world()
      for (let i = 0; i < 200; i++) say(kilobyte)
      subscriber.start({})
      assert.strictEqual(frames[0]?.type, "snapshot")
      say("a")
      log.append({ type: "run-complete", finishReason: "stop" })
      log.flush()
      assert.deepInclude(frames.at(-1), { type: "delta", seq: 202 })
    })
  )

  it.effect("nor, on a slow line, ask for the next one: what came meanwhile is told as it is", () =>
    Effect.gen(function* () {
      const { frames, log, say, setBuffered, subscriber } = yield* world()
      for (let i = 0; i < 200; i++) say(kilobyte)
      subscriber.start({})
      setBuffered(200 * 1024)
      say("a")
      say("b")
      assert.strictEqual(frames.length, 2, "200 KB are on their way")
      setBuffered(0)
      subscriber.drained()
      assert.deepInclude(frames.at(-1), { type: "delta", seq: 201, count: 2, events: [{ type: "text-delta", text: "ab" }] })
      say("c")
      assert.deepInclude(frames.at(-1), { type: "delta", seq: 203 })
      assert.strictEqual(log.seq, 203)
    })
  )

  it.effect("still behind after 30 s it is closed with the code that says reconnect", () =>
    Effect.gen(function* () {
      const { closes, log, loop, say, setBuffered, subscriber } = yield* world()
      subscriber.start({})
      setBuffered(100_000)
      say("a")
      loop.advance(29_999)
      assert.deepStrictEqual(closes, [])
      loop.advance(1)
      assert.deepStrictEqual(closes, [4001])
      assert.strictEqual(log.tail.followerCount, 0)
    })
  )

  it.effect("one that drained without a word is not closed when its time is over", () =>
    Effect.gen(function* () {
      const { closes, frames, loop, say, setBuffered, subscriber } = yield* world()
      subscriber.start({})
      setBuffered(100_000)
      say("a")
      setBuffered(0)
      loop.advance(30_000)
      assert.deepStrictEqual(closes, [])
      assert.strictEqual(frames.at(-1)?.type, "snapshot")
      assert.strictEqual(loop.pendingTimers, 0)
    })
  )

  it.effect("the end of the run reaches one that was behind when it came", () =>
    Effect.gen(function* () {
      const { frames, log, say, setBuffered, subscriber } = yield* world()
      subscriber.start({})
      say("a")
      setBuffered(100_000)
      say("b")
      log.append({ type: "run-complete", finishReason: "stop" })
      log.flush()
      assert.isFalse(subscriber.isOver)
      setBuffered(0)
      subscriber.drained()
      const last = frames.at(-1)
      assert.strictEqual(last?.type === "snapshot" ? last.state.status : undefined, "complete")
      assert.isTrue(subscriber.isOver)
    })
  )

  it.effect("one that cannot acknowledge is judged by its transport alone", () =>
    Effect.gen(function* () {
      const { frames, say, setBuffered, subscriber } = yield* world({ acknowledges: false })
      subscriber.start({})
      for (let i = 0; i < 100; i++) say(kilobyte)
      assert.strictEqual(frames.filter((frame) => frame.type === "delta").length, 100)
      setBuffered(40_000)
      say("held back")
      setBuffered(0)
      subscriber.drained()
      assert.strictEqual(frames.at(-1)?.type, "snapshot")
      say("on")
      assert.strictEqual(frames.at(-1)?.type, "delta")
    })
  )

  it.effect("an acknowledgement of what was never sent does no harm", () =>
    Effect.gen(function* () {
      const { say, subscriber, frames } = yield* world()
      subscriber.start({})
      subscriber.ack(-5)
      subscriber.ack(1e9)
      say("a")
      assert.strictEqual(frames.at(-1)?.type, "delta")
    })
  )
})
