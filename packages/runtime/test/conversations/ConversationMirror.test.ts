import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { makeConversationId, makeEpoch, makeMessageId, makePrincipalId, makeRunId } from "@parley/domain/Ids"
import type { Epoch } from "@parley/domain/Ids"

import { foldRunEvents, initialRunState } from "@parley/domain/foldRun"
import type { RunEvent } from "@parley/domain/RunEvent"
import { ConversationMirror } from "../../src/conversations/ConversationMirror.ts"
import { defaultConversationLimits } from "../../src/conversations/ConversationLimits.ts"
import { LocalFollower } from "../../src/conversations/LocalFollower.ts"
import { FoldingClient } from "./harness.ts"
import { ManualLoop } from "./ManualLoop.ts"

const mirrored = Effect.gen(function* () {
  const conversationId = yield* makeConversationId
  const runId = yield* makeRunId
  const messageId = yield* makeMessageId
  const loop = new ManualLoop()
  const gaps: Array<LocalFollower> = []
  const mirror = new ConversationMirror(conversationId, defaultConversationLimits, loop, (follower) => gaps.push(follower))
  const start: RunEvent = { type: "run-start", messageId, model: "scripted/one" }
  const delta = (epoch: Epoch, seq: number, count: number, ...events: ReadonlyArray<RunEvent>) =>
    JSON.stringify({ type: "delta", conversationId, runId, epoch, seq, count, events })
  const snapshot = (epoch: Epoch, seq: number, ...events: ReadonlyArray<RunEvent>) =>
    JSON.stringify({
      type: "snapshot",
      conversationId,
      runId,
      epoch,
      seq,
      state: foldRunEvents(initialRunState(messageId, "scripted/one"), events)
    })
  const enter = Effect.map(makePrincipalId, (principalId) => {
    const client = new FoldingClient(() => runId)
    const follower = new LocalFollower(principalId, client.port, defaultConversationLimits, loop)
    mirror.followers.add(follower)
    follower.roomSeq = mirror.roomSeq ?? 0
    return { client, follower, principalId }
  })
  mirror.receive({ roomSeq: 0, frames: [] })
  return { conversationId, runId, loop, gaps, mirror, start, delta, snapshot, enter, epoch: yield* makeEpoch }
})

const say = (text: string): RunEvent => ({ type: "text-delta", text })
const done: RunEvent = { type: "run-complete", finishReason: "stop" }

describe("a gateway's mirror", () => {
  it.effect("gives a new run to everybody in the room, and its frames as they are", () =>
    Effect.gen(function* () {
      const { delta, enter, epoch, mirror, start } = yield* mirrored
      const { client } = yield* enter
      assert.isTrue(mirror.receive({ frames: [delta(epoch, 1, 1, start), delta(epoch, 2, 1, say("Hel"))] }))
      assert.isTrue(mirror.receive({ frames: [delta(epoch, 3, 2, say("lo"), done)] }))
      assert.strictEqual(client.text, "Hello")
      assert.strictEqual(client.terminals.length, 1)
    })
  )

  it.effect("applies only what is next: it drops what it has, and asks to be fed again on a gap", () =>
    Effect.gen(function* () {
      const { delta, enter, epoch, mirror, runId, start } = yield* mirrored
      const { client } = yield* enter
      mirror.receive({ frames: [delta(epoch, 1, 1, start), delta(epoch, 2, 1, say("a"))] })
      assert.isTrue(mirror.receive({ frames: [delta(epoch, 2, 1, say("a"))] }))
      assert.isFalse(mirror.receive({ frames: [delta(epoch, 4, 1, say("c"))] }), "one is missing")
      // A replay is cut differently: what reaches over its end cannot be applied in part.
      assert.isFalse(mirror.receive({ frames: [delta(epoch, 1, 3, start, say("ab"))] }))
      assert.deepStrictEqual(mirror.cursor("me"), { watcher: "me", roomSeq: 0, runs: [{ runId, epoch, seq: 2 }] })
      assert.isTrue(mirror.receive({ roomSeq: 0, frames: [delta(epoch, 3, 2, say("bc"))] }))
      assert.strictEqual(client.text, "abc")
    })
  )

  it.effect("never doubles text when its owner is lost and a watch begins again by itself", () =>
    Effect.gen(function* () {
      const { delta, enter, epoch, mirror, snapshot, start } = yield* mirrored
      const { client } = yield* enter
      const next = yield* makeEpoch
      mirror.receive({ frames: [delta(epoch, 1, 1, start), delta(epoch, 2, 1, say("One, ")), delta(epoch, 3, 1, say("lost"))] })
      assert.isTrue(mirror.receive({ roomSeq: 0, frames: [snapshot(next, 2, start, say("One, "))] }))
      mirror.receive({ frames: [delta(next, 3, 1, say("two"))] })
      assert.isTrue(mirror.receive({ roomSeq: 0, frames: [snapshot(next, 2, start, say("One, "))] }), "an old snapshot")
      mirror.receive({ frames: [delta(next, 4, 1, done)] })
      assert.strictEqual(client.text, "One, two")
      assert.strictEqual(client.terminals.length, 1)
      assert.isFalse(mirror.receive({ frames: [delta(epoch, 4, 1, say("stale"))] }), "an epoch that it does not have")
    })
  )

  it.effect("begins a run again in a new epoch that starts from nothing", () =>
    Effect.gen(function* () {
      const { delta, enter, epoch, mirror, start } = yield* mirrored
      const { client } = yield* enter
      const next = yield* makeEpoch
      mirror.receive({ frames: [delta(epoch, 1, 1, start), delta(epoch, 2, 1, say("never journaled"))] })
      assert.isTrue(mirror.receive({ roomSeq: 0, frames: [delta(next, 1, 1, start), delta(next, 2, 2, say("anew"), done)] }))
      assert.strictEqual(client.text, "anew")
      assert.strictEqual(client.terminals.length, 1)
    })
  )

  it.effect("serves one that comes back from what it holds: the gap of its epoch, or a snapshot", () =>
    Effect.gen(function* () {
      const { delta, enter, epoch, mirror, runId, start } = yield* mirrored
      mirror.receive({ frames: [delta(epoch, 1, 1, start), delta(epoch, 2, 1, say("a")), delta(epoch, 3, 1, say("b"))] })
      const log = mirror.logOf(runId)
      assert.ok(log !== undefined)
      const back = yield* enter
      back.client.epoch = epoch
      back.client.last = 2
      back.follower.subscribe(log)?.start({ epoch, afterSeq: 2 })
      assert.deepStrictEqual(
        back.client.frames.map((frame) => frame.type),
        ["delta", "caught-up"]
      )
      const stranger = yield* enter
      stranger.follower.subscribe(log)?.start({ epoch: yield* makeEpoch, afterSeq: 3 })
      assert.strictEqual(stranger.client.text, "ab")
      const late = yield* enter
      late.follower.subscribe(log)?.start({})
      assert.strictEqual(late.client.text, "ab")
      assert.strictEqual(late.client.caughtUp, 1)
    })
  )

  it.effect("forgets an ended run after a while, and does not ask for it again", () =>
    Effect.gen(function* () {
      const { delta, epoch, loop, mirror, runId, snapshot, start } = yield* mirrored
      mirror.receive({ frames: [delta(epoch, 1, 2, start, done)] })
      assert.deepStrictEqual(mirror.cursor("me").runs, [])
      assert.ok(mirror.logOf(runId) !== undefined)
      loop.advance(defaultConversationLimits.endedLogRetentionMs)
      assert.strictEqual(mirror.logOf(runId), undefined)
      mirror.receive({ frames: [snapshot(epoch, 2, start, done)] })
      loop.advance(defaultConversationLimits.endedLogRetentionMs)
      assert.strictEqual(mirror.runIds().size, 0)
    })
  )

  it.effect("tells who follows a run that it ended elsewhere, unless they have seen it", () =>
    Effect.gen(function* () {
      const { conversationId, delta, enter, epoch, mirror, runId, start } = yield* mirrored
      const { client, follower } = yield* enter
      mirror.receive({ frames: [delta(epoch, 1, 1, start)] })
      assert.ok(follower.subscription(runId) !== undefined)
      assert.isTrue(mirror.receive({ frames: [JSON.stringify({ type: "gone", conversationId, runId })] }))
      assert.isTrue(client.isGone)
      assert.strictEqual(follower.subscription(runId), undefined)
      assert.strictEqual(mirror.logOf(runId), undefined)
    })
  )

  it.effect("tells room events in their order, and notices who lacks some", () =>
    Effect.gen(function* () {
      const { conversationId, enter, gaps, mirror } = yield* mirrored
      const { client, follower } = yield* enter
      const left = yield* makePrincipalId
      const event = (seq: number, principalId = left) =>
        JSON.stringify({ type: "room", conversationId, seq, event: { type: "member-left", principalId } })
      assert.isTrue(mirror.receive({ frames: [event(1), event(2), event(2)] }))
      assert.deepStrictEqual(
        client.roomFrames.map((frame) => (frame.type === "room" ? frame.seq : frame.type)),
        [1, 2]
      )
      assert.isFalse(mirror.receive({ frames: [event(4)] }), "one is missing")
      // The watch was fed again from elsewhere, and begins later than what it has.
      assert.isTrue(mirror.receive({ roomSeq: 5, frames: [] }))
      assert.deepStrictEqual(gaps, [follower])
      assert.isTrue(mirror.receive({ frames: [event(6)] }))
      assert.deepStrictEqual(gaps, [follower, follower])
    })
  )

  it.effect("closes those who are no longer members, and everybody when the conversation is no more", () =>
    Effect.gen(function* () {
      const { conversationId, enter, mirror } = yield* mirrored
      const one = yield* enter
      const two = yield* enter
      const event = { type: "member-left", principalId: one.principalId }
      mirror.receive({ frames: [JSON.stringify({ type: "room", conversationId, seq: 1, event })] })
      assert.strictEqual(one.client.closes.length, 1)
      assert.deepStrictEqual(mirror.present(), [two.principalId])
      mirror.close("The conversation is no more")
      assert.strictEqual(two.client.closes.length, 1)
      assert.strictEqual(mirror.followers.size, 0)
    })
  )
})
