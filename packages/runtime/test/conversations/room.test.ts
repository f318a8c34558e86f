import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Scope } from "effect"
import { TestClock } from "effect/testing"
import { makeConversationId, makePrincipalId } from "@parley/domain/Ids"
import type { RoomFrame } from "@parley/domain/RoomFrame"
import { as, clientMessageId, FoldingClient, settle, text } from "./harness.ts"
import { storeAway } from "./MemoryConversationStore.ts"
import { conversationWorld } from "./world.ts"

const remark = (n: string) => ({ clientMessageId: clientMessageId(n), content: text(n), reply: false })
const kinds = (frames: ReadonlyArray<RoomFrame>) =>
  frames.map((frame) => (frame.type === "room" ? `${frame.seq} ${frame.event.type}` : frame.type))
const presences = (client: FoldingClient) => client.roomFrames.flatMap((frame) => (frame.type === "presence" ? [frame] : []))

describe("a room", () => {
  it.effect("is made once under its client's id, also once its model is gone, and stays deleted", () =>
    Effect.gen(function* () {
      const world = yield* conversationWorld()
      const id = yield* makeConversationId
      const made = yield* world.create({ id, title: "Begun away" })
      assert.deepStrictEqual(yield* world.create({ id, title: "Again" }), made)
      assert.deepStrictEqual(yield* world.create({ id, model: "gone/by-now" }), made)
      const unknown = yield* Effect.flip(world.create({ id: yield* makeConversationId, model: "gone/by-now" }))
      assert.strictEqual(unknown._tag, "ModelNotFound")
      const other = yield* world.join(id)
      const theirs = yield* Effect.flip(as(other)(world.conversations.create({ id, model: "gone/by-now" })))
      assert.strictEqual(theirs._tag, "ModelNotFound")
      yield* world.as(world.conversations.remove(id))
      assert.strictEqual((yield* Effect.flip(world.create({ id })))._tag, "Conflict")
    })
  )

  it.effect("tells a new follower the room as it is, and then what happens", () =>
    Effect.gen(function* () {
      const world = yield* conversationWorld()
      const { id } = yield* world.create({ title: "Ours" })
      yield* world.as(world.conversations.send(id, remark("one")))
      const client = new FoldingClient()
      const follower = yield* world.follow(id, client.port)
      assert.deepStrictEqual(client.roomFrames, [], "nothing before it is asked for")
      yield* follower.subscribeRoom()
      const other = yield* world.join(id)
      yield* as(other)(world.conversations.send(id, remark("two")))
      yield* world.as(world.conversations.update(id, { title: "Everybody's" }))
      const sent = yield* world.send(id, "c", "And you, model?")
      yield* as(other)(world.conversations.removeMember(id, other.principalId))
      assert.deepStrictEqual(kinds(client.roomFrames), [
        "room-snapshot",
        "2 member-joined",
        "3 message-added",
        "4 conversation-changed",
        "5 message-added",
        "6 message-added",
        "7 run-started",
        "8 member-left"
      ])
      const [snapshot] = client.roomFrames
      assert.deepInclude(snapshot, { seq: 1, activeRun: null })
      const late = new FoldingClient()
      yield* (yield* world.follow(id, late.port)).subscribeRoom()
      const [now] = late.roomFrames
      assert.deepStrictEqual(now?.type === "room-snapshot" ? now.activeRun?.runId : null, sent.run?.runId)
    })
  )

  it.effect("tells one who comes back what it missed, or the whole room when that is too much", () =>
    Effect.gen(function* () {
      const world = yield* conversationWorld({ maxRoomReplay: 3 })
      const { id } = yield* world.create()
      for (const n of ["1", "2", "3", "4", "5"]) yield* world.as(world.conversations.send(id, remark(n)))
      const from = (afterSeq: number) =>
        Effect.gen(function* () {
          const client = new FoldingClient()
          yield* (yield* world.follow(id, client.port)).subscribeRoom(afterSeq)
          return kinds(client.roomFrames)
        })
      assert.deepStrictEqual(yield* from(5), [])
      assert.deepStrictEqual(yield* from(3), ["4 message-added", "5 message-added"])
      assert.deepStrictEqual(yield* from(1), ["room-snapshot"])
      assert.deepStrictEqual(yield* from(9), ["room-snapshot"], "a number that was never given")
    })
  )

  it.effect("follows every new run for its followers, from the first event on", () =>
    Effect.gen(function* () {
      const world = yield* conversationWorld()
      const { id } = yield* world.create()
      const other = yield* world.join(id)
      const mine = new FoldingClient()
      const theirs = new FoldingClient()
      yield* (yield* world.follow(id, mine.port)).subscribeRoom()
      yield* (yield* world.follow(id, theirs.port, other)).subscribeRoom()
      yield* world.send(id, "c", "Hi")
      const call = yield* world.provider.call(0)
      call.say("Hello all")
      yield* call.complete()
      yield* settle
      assert.strictEqual(mine.text, "Hello all")
      assert.deepStrictEqual(mine.frames, theirs.frames)
    })
  )

  it.effect("knows who is here and who types, and forgets typing by itself", () =>
    Effect.gen(function* () {
      const world = yield* conversationWorld()
      const { id } = yield* world.create()
      const other = yield* world.join(id)
      const me = world.caller.principalId
      const mine = new FoldingClient()
      yield* (yield* world.follow(id, mine.port)).subscribeRoom()
      const scope = yield* Scope.make()
      const theirs = yield* Scope.provide(world.follow(id, new FoldingClient().port, other), scope)
      world.loop.turn()
      assert.deepStrictEqual(presences(mine).at(-1)?.online, [me], "who only looks at a run is not in the room")
      yield* theirs.subscribeRoom()
      world.loop.turn()
      assert.deepStrictEqual(presences(mine).at(-1)?.online, [me, other.principalId])
      theirs.setTyping(true)
      theirs.setTyping(true)
      world.loop.turn()
      assert.deepStrictEqual(presences(mine).at(-1)?.typing, [other.principalId])
      const told = presences(mine).length
      world.loop.advance(5_999)
      theirs.setTyping(true)
      world.loop.advance(5_999)
      assert.strictEqual(presences(mine).length, told, "told once")
      world.loop.advance(1)
      assert.deepStrictEqual(presences(mine).at(-1)?.typing, [])
      theirs.setTyping(true)
      world.loop.turn()
      yield* Scope.close(scope, Exit.void)
      world.loop.turn()
      assert.deepInclude(presences(mine).at(-1), { online: [me], typing: [] })
    })
  )

  it.effect("tells who is here to one who comes in, and not again to those who know it", () =>
    Effect.gen(function* () {
      const world = yield* conversationWorld()
      const { id } = yield* world.create()
      const [first, second] = [new FoldingClient(), new FoldingClient()]
      yield* (yield* world.follow(id, first.port)).subscribeRoom()
      world.loop.turn()
      const again = yield* world.follow(id, second.port)
      yield* again.subscribeRoom()
      world.loop.turn()
      assert.deepStrictEqual([presences(first).length, presences(second).length], [1, 1])
      yield* again.subscribeRoom()
      world.loop.turn()
      assert.deepStrictEqual([presences(first).length, presences(second).length], [1, 2], "whoever begins again knows nothing")
    })
  )

  it.effect("lets go of followers who are removed, and of all when it is deleted", () =>
    Effect.gen(function* () {
      const world = yield* conversationWorld()
      const { id } = yield* world.create()
      const other = yield* world.join(id)
      const mine = new FoldingClient()
      const theirs = new FoldingClient()
      yield* (yield* world.follow(id, mine.port)).subscribeRoom()
      yield* (yield* world.follow(id, theirs.port, other)).subscribeRoom()
      const forbidden = yield* Effect.flip(as(other)(world.conversations.remove(id)))
      assert.strictEqual(forbidden._tag, "Forbidden")
      const stranger = yield* makePrincipalId
      assert.strictEqual((yield* Effect.flip(as(other)(world.conversations.addMember(id, stranger))))._tag, "Forbidden")
      yield* world.as(world.conversations.removeMember(id, other.principalId))
      assert.deepStrictEqual(theirs.closes, [4502])
      assert.deepStrictEqual(mine.closes, [])
      yield* world.send(id, "c", "Hi")
      const call = yield* world.provider.call(0)
      yield* world.as(world.conversations.remove(id))
      yield* world.as(world.conversations.remove(id))
      const neverThere = yield* Effect.flip(world.as(world.conversations.remove(yield* makeConversationId)))
      assert.strictEqual(neverThere._tag, "NotFound", "only what was there can be deleted twice")
      assert.deepStrictEqual(mine.closes, [4502])
      assert.isTrue(call.isAborted())
      assert.strictEqual((yield* Effect.flip(world.as(world.conversations.get(id))))._tag, "NotFound")
      assert.strictEqual((yield* Effect.flip(world.send(id, "d", "Hi")))._tag, "NotFound")
      assert.isTrue(yield* world.running.awaitIdle(0))
    })
  )

  it.effect("can be deleted in the very moment in which an answer ends", () =>
    Effect.gen(function* () {
      const world = yield* conversationWorld()
      const { id } = yield* world.create()
      yield* world.send(id, "c", "Hi")
      const call = yield* world.provider.call(0)
      world.store.nextAfterCommit("remove", Effect.sleep(1_000))
      const removed = yield* Effect.forkChild(world.as(world.conversations.remove(id)))
      yield* settle
      yield* call.complete()
      yield* settle
      yield* TestClock.adjust(1_000)
      yield* Fiber.join(removed)
      assert.isTrue(yield* world.running.awaitIdle(0))
      assert.strictEqual((yield* Effect.flip(world.send(id, "d", "Hi")))._tag, "NotFound")
    })
  )

  it.effect("tells events whose commit was not answered, before those that follow", () =>
    Effect.gen(function* () {
      const world = yield* conversationWorld()
      const { id } = yield* world.create()
      const client = new FoldingClient()
      yield* (yield* world.follow(id, client.port)).subscribeRoom()
      world.store.nextAfterCommit("acceptSend", storeAway)
      yield* Effect.flip(world.as(world.conversations.send(id, remark("one"))))
      yield* world.as(world.conversations.send(id, remark("two")))
      yield* settle
      assert.deepStrictEqual(kinds(client.roomFrames), ["room-snapshot", "1 message-added", "2 message-added"])
    })
  )

  it.effect("does not pile up events for one who does not read, and tells them when it does", () =>
    Effect.gen(function* () {
      const world = yield* conversationWorld({ roomWindowBytes: 2_000 })
      const { id } = yield* world.create()
      const client = new FoldingClient()
      const follower = yield* world.follow(id, client.port)
      yield* follower.subscribeRoom()
      client.isReading = false
      for (let n = 0; n < 20; n++) yield* world.as(world.conversations.send(id, remark(`m${n}`)))
      assert.isBelow(client.port.bufferedBytes(), 3_000)
      client.isReading = true
      client.read()
      follower.drained()
      yield* settle
      const seqs = client.roomFrames.flatMap((frame) => (frame.type === "room" ? [frame.seq] : []))
      assert.deepStrictEqual(
        seqs,
        Array.from({ length: 20 }, (_, i) => i + 1)
      )
    })
  )

  it.effect("bounds its followers and the runs that each of them follows", () =>
    Effect.gen(function* () {
      const world = yield* conversationWorld({ maxFollowersPerConversation: 2, maxRunsPerFollower: 1 })
      const { id } = yield* world.create()
      const client = new FoldingClient()
      const follower = yield* world.follow(id, client.port)
      yield* world.follow(id, new FoldingClient().port)
      assert.strictEqual((yield* Effect.flip(world.follow(id, new FoldingClient().port)))._tag, "Busy")
      const first = yield* world.send(id, "a", "Hi")
      yield* follower.subscribe(first.run?.runId ?? assert.fail(), {})
      const call = yield* world.provider.call(0)
      yield* call.complete()
      yield* settle
      const second = yield* world.send(id, "b", "Hi")
      yield* follower.subscribe(second.run?.runId ?? assert.fail(), {})
      assert.strictEqual(client.frames.at(-1)?.type, "caught-up", "a run that is over makes room for the next")
    })
  )

  it.effect("a port that throws harms only itself", () =>
    Effect.gen(function* () {
      const world = yield* conversationWorld()
      const { id } = yield* world.create()
      const client = new FoldingClient()
      yield* (yield* world.follow(id, client.port)).subscribeRoom()
      let sends = 0
      const bad = yield* world.follow(id, {
        send: () => {
          if (++sends > 1) throw new Error("gone")
        },
        bufferedBytes: () => 0,
        close: () => undefined
      })
      yield* bad.subscribeRoom()
      yield* world.send(id, "c", "Hi")
      const call = yield* world.provider.call(0)
      call.say("Hello")
      yield* call.complete()
      yield* settle
      assert.strictEqual(client.text, "Hello")
      assert.strictEqual(sends, 2)
    })
  )
})
