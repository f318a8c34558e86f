/** Gateways over a runner: the real actors and the real watch, in one process over doubles of what is stored. */
import { TenantModels } from "../../src/tenants/TenantModels.ts"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Fiber, Exit, Layer, Scope } from "effect"
import { TestClock } from "effect/testing"
import { Sharding } from "effect/cluster"
import { textOf } from "@parley/domain/Content"
import { conversationEntityId } from "@parley/domain/actors/ConversationActor"
import type { CallerInfo } from "@parley/domain/Caller"
import { Conversations } from "@parley/domain/Conversations"
import type { FollowerPort } from "@parley/domain/Conversations"
import { makeEpoch, makeMessageId, makePrincipalId, makeRunId } from "@parley/domain/Ids"
import type { ConversationId, PrincipalId, RunId } from "@parley/domain/Ids"
import { ConversationLimits } from "../../src/conversations/ConversationLimits.ts"
import type { ConversationLimitsValues } from "../../src/conversations/ConversationLimits.ts"
import * as ConversationSharding from "../../src/conversations/ConversationSharding.ts"
import * as HostedConversations from "../../src/conversations/HostedConversations.ts"
import * as RemoteConversations from "../../src/conversations/RemoteConversations.ts"
import { ResidentConversations } from "../../src/conversations/ResidentConversations.ts"
import { MemoryRunJournal } from "../../src/storage/MemoryRunJournal.ts"
import { ConversationStore } from "../../src/storage/ConversationStore.ts"
import {
  as,
  clientMessageId,
  FoldingClient,
  makeCaller,
  newCaller,
  openTenants,
  ScriptedProvider,
  settle,
  text,
  until,
  warmUp
} from "./harness.ts"
import { ManualLoop } from "./ManualLoop.ts"
import { layerMemoryStore, MemoryStoreState } from "./MemoryConversationStore.ts"

const gatewaysWorld = (change: Partial<ConversationLimitsValues> = {}) =>
  Effect.gen(function* () {
    const provider = new ScriptedProvider()
    const loop = new ManualLoop()
    const caller = yield* newCaller
    const beneath = yield* Layer.build(
      Layer.mergeAll(
        ConversationSharding.layerSingleProcess,
        layerMemoryStore(new MemoryStoreState()),
        MemoryRunJournal.layer,
        TenantModels.layerOpen.pipe(Layer.provide(provider.layer)),
        openTenants
      ).pipe(
        Layer.provideMerge(
          Layer.mergeAll(loop.layer, ConversationLimits.layer({ watchWindowMs: 0, presenceWindowMs: 0, ...change }))
        )
      )
    )
    const runner = yield* Layer.build(HostedConversations.layer).pipe(Effect.provideContext(beneath))
    const gateway = Effect.map(
      Layer.build(Layer.fresh(RemoteConversations.layer)).pipe(Effect.provideContext(beneath)),
      (context) => Context.get(context, Conversations)
    )
    const gateways = [yield* gateway, yield* gateway] as const
    yield* warmUp
    const world = {
      provider,
      loop,
      caller,
      gateways,
      store: Context.get(beneath, ConversationStore),
      sharding: Context.get(beneath, Sharding.Sharding),
      host: (id: ConversationId) => Context.get(runner, ResidentConversations).get(conversationEntityId(caller.tenantId, id)),
      create: as(caller)(gateways[0].create({})),
      follow: (n: 0 | 1, id: ConversationId, port: FollowerPort, who: CallerInfo = caller) =>
        as(who)(gateways[n].follow(id, port)),
      send: (n: 0 | 1, id: ConversationId, key: string, reply = true, who: CallerInfo = caller) =>
        as(who)(gateways[n].send(id, { clientMessageId: clientMessageId(key), content: text(key), reply })),
      join: (id: ConversationId) =>
        Effect.gen(function* () {
          const other = makeCaller(caller.tenantId, yield* makePrincipalId, 1)
          yield* as(caller)(gateways[0].addMember(id, other.principalId))
          return other
        }),
      /** Turns of the loop pass until it is done. */
      done: <A, E>(effect: Effect.Effect<A, E>) =>
        Effect.gen(function* () {
          const fiber = yield* Effect.forkChild(effect, { startImmediately: true })
          yield* until("it is done", () => {
            loop.advance(0)
            return fiber.pollUnsafe() !== undefined
          })
          return yield* Fiber.join(fiber)
        }),
      /** Turns of the loop pass until it is so. */
      until: (what: string, isTrue: () => boolean) =>
        until(what, () => {
          loop.advance(0)
          return isTrue()
        })
    }
    return world
  })

const client = () => {
  const watched: { runId: RunId | undefined } = { runId: undefined }
  return Object.assign(new FoldingClient(() => watched.runId), { watched })
}
const roomOf = (of: FoldingClient) =>
  of.roomFrames.flatMap((frame) => (frame.type === "room" ? [`${frame.seq} ${frame.event.type}`] : []))
const lastPresence = (of: FoldingClient) => of.roomFrames.findLast((frame) => frame.type === "presence")

describe("two gateways over a runner", () => {
  it.effect("all followers end with the stored bytes, over one watch per gateway", () =>
    Effect.gen(function* () {
      const world = yield* gatewaysWorld()
      const { id } = yield* world.create
      const clients = [new FoldingClient(), new FoldingClient(), new FoldingClient()] as const
      yield* (yield* world.follow(0, id, clients[0].port)).subscribeRoom()
      yield* (yield* world.follow(0, id, clients[1].port)).subscribeRoom()
      yield* (yield* world.follow(1, id, clients[2].port)).subscribeRoom()
      yield* world.until("both watch", () => world.host(id)?.room.followers.size === 2)
      const accepted = yield* world.send(1, id, "Hello")
      const call = yield* world.provider.call(0)
      call.say("To ", "be")
      yield* world.until("the first words", () => clients.every((one) => one.text === "To be"))
      call.say(" continued")
      yield* call.complete()
      yield* world.until("the end", () => clients.every((one) => one.terminals.length === 1))
      const { items } = yield* as(world.caller)(world.gateways[0].messages(id, {}))
      const stored = items.find((message) => message.id === accepted.run?.messageId)
      for (const one of clients) assert.strictEqual(one.text, textOf(stored?.content ?? []))
      assert.strictEqual(world.host(id)?.room.followers.size, 2)
    })
  )

  it.effect("the same events in the same order, with who is here and who types, whichever gateway they came through", () =>
    Effect.gen(function* () {
      const world = yield* gatewaysWorld()
      const { id } = yield* world.create
      const other = yield* world.join(id)
      const [one, two] = [new FoldingClient(), new FoldingClient()]
      const first = yield* world.follow(0, id, one.port)
      yield* first.subscribeRoom()
      const scope = yield* Scope.make()
      const second = yield* Scope.provide(world.follow(1, id, two.port, other), scope)
      yield* second.subscribeRoom()
      const both: ReadonlyArray<PrincipalId> = [world.caller.principalId, other.principalId]
      const sorted = (ids: ReadonlyArray<PrincipalId> | undefined) => [...(ids ?? [])].sort().join()
      yield* world.until("both are here", () => [one, two].every((of) => sorted(lastPresence(of)?.online) === sorted(both)))
      yield* Effect.all(
        Array.from({ length: 8 }, (_, n) =>
          world.send(n % 2 === 0 ? 0 : 1, id, `m${n}`, false, n % 2 === 0 ? world.caller : other)
        ),
        { concurrency: "unbounded" }
      )
      yield* world.until("all are told", () => [one, two].every((of) => roomOf(of).length === 8))
      assert.deepStrictEqual(roomOf(two), roomOf(one))
      second.setTyping(true)
      yield* world.until("typing is told", () => lastPresence(one)?.typing[0] === other.principalId)
      yield* Scope.close(scope, Exit.void)
      yield* world.until("it is told who left", () => sorted(lastPresence(one)?.online) === world.caller.principalId)
      assert.deepStrictEqual(lastPresence(one)?.typing, [])
    })
  )

  it.effect("who comes in through a gateway that knows the room is told who is here, and nobody else is told again", () =>
    Effect.gen(function* () {
      const world = yield* gatewaysWorld()
      const { id } = yield* world.create
      const [first, second] = [new FoldingClient(), new FoldingClient()]
      const presences = (of: FoldingClient) => of.roomFrames.filter((frame) => frame.type === "presence")
      yield* (yield* world.follow(0, id, first.port)).subscribeRoom()
      yield* world.until("it is here", () => lastPresence(first)?.online[0] === world.caller.principalId)
      const told = presences(first).length
      yield* (yield* world.follow(0, id, second.port)).subscribeRoom()
      assert.deepStrictEqual(presences(second), [lastPresence(first)], "from what the gateway knows")
      yield* settle
      world.loop.advance(0)
      yield* settle
      assert.strictEqual(presences(first).length, told)
    })
  )

  it.effect("a run is found by who subscribes at any time: at once, late, when it is stored, and never when there is none", () =>
    Effect.gen(function* () {
      const world = yield* gatewaysWorld({ endedLogRetentionMs: 10 })
      const { id } = yield* world.create
      const early = client()
      const follower = yield* world.follow(0, id, early.port)
      const { run } = yield* world.send(0, id, "Hello")
      assert.ok(run !== null)
      // The watch may not have told it yet.
      yield* world.done(follower.subscribe(run.runId, {}))
      const call = yield* world.provider.call(0)
      call.say("Half")
      const late = new FoldingClient()
      yield* world.done((yield* world.follow(1, id, late.port)).subscribe(run.runId, {}))
      yield* world.until("both have it", () => early.text === "Half" && late.text === "Half")
      yield* call.complete()
      yield* world.until("both ended", () => early.terminals.length === 1 && late.terminals.length === 1)
      world.loop.advance(10)
      const after = new FoldingClient()
      const reader = yield* world.follow(1, id, after.port)
      yield* reader.subscribe(run.runId, {})
      assert.strictEqual(after.text, "Half")
      assert.strictEqual(after.caughtUp, 1)
      yield* reader.subscribe(yield* makeRunId, {})
      assert.isTrue(after.isGone)
    })
  )

  it.effect("a conversation that had a defect goes on in a new epoch without a doubled word", () =>
    Effect.gen(function* () {
      const world = yield* gatewaysWorld()
      const { id } = yield* world.create
      const one = new FoldingClient()
      yield* (yield* world.follow(0, id, one.port)).subscribeRoom()
      yield* world.send(0, id, "Hello")
      const call = yield* world.provider.call(0)
      call.say("Once, ")
      yield* world.until("the first words", () => one.text === "Once, ")
      const before = one.epoch
      yield* call.die(new Error("provoked"))
      yield* settle
      yield* TestClock.adjust(1_000)
      const again = yield* world.provider.call(1)
      again.say("and no more.")
      yield* again.complete()
      yield* world.until("the end", () => one.terminals.length === 1)
      assert.strictEqual(one.text, "Once, and no more.")
      assert.notStrictEqual(one.epoch, before)
    })
  )

  it.effect("only members come in; who is removed is closed, and everybody when the conversation is deleted", () =>
    Effect.gen(function* () {
      const world = yield* gatewaysWorld()
      const { id } = yield* world.create
      const stranger = makeCaller(world.caller.tenantId, yield* makePrincipalId, 2)
      const refused = yield* Effect.flip(world.follow(1, id, new FoldingClient().port, stranger))
      assert.strictEqual(refused._tag, "NotFound")
      const other = yield* world.join(id)
      const [one, two] = [new FoldingClient(), new FoldingClient()]
      yield* (yield* world.follow(0, id, one.port)).subscribeRoom()
      yield* (yield* world.follow(1, id, two.port, other)).subscribeRoom()
      yield* world.until("both watch", () => world.host(id)?.room.followers.size === 2)
      yield* as(world.caller)(world.gateways[0].removeMember(id, other.principalId))
      yield* world.until("the other is closed", () => two.closes.length === 1)
      assert.deepStrictEqual(one.closes, [])
      yield* as(world.caller)(world.gateways[0].remove(id))
      yield* world.until("all are closed", () => one.closes.length === 1)
    })
  )

  it.effect("who left a while ago is watched no more, and one who comes back soon finds the watch", () =>
    Effect.gen(function* () {
      const world = yield* gatewaysWorld({ watchLingerMs: 100 })
      const { id } = yield* world.create
      const visit = Effect.scoped(
        Effect.gen(function* () {
          const one = new FoldingClient()
          yield* (yield* world.follow(0, id, one.port)).subscribeRoom()
          yield* world.until("it is watched", () => world.host(id)?.room.followers.size === 1)
        })
      )
      yield* visit
      world.loop.advance(50)
      yield* visit
      yield* settle
      assert.strictEqual(world.host(id)?.room.followers.size, 1)
      world.loop.advance(200)
      yield* world.until("it is not watched", () => (world.host(id)?.room.followers.size ?? 0) === 0)
    })
  )

  it.effect("an open run that nobody writes is taken over, also in a conversation that is loaded already", () =>
    Effect.gen(function* () {
      const world = yield* gatewaysWorld({ orphanSweepMs: 1_000 })
      const { id } = yield* world.create
      const one = new FoldingClient()
      yield* (yield* world.follow(0, id, one.port)).subscribeRoom()
      yield* world.until("it is watched", () => world.host(id)?.room.followers.size === 1)
      // As another process would have stored it that was frozen, and is lost now.
      const key = { tenantId: world.caller.tenantId, conversationId: id }
      const run = {
        runId: yield* makeRunId,
        messageId: yield* makeMessageId,
        epoch: yield* makeEpoch,
        model: "scripted/one",
        parameters: {},
        requestId: world.caller.requestId
      }
      yield* world.store.acceptSend(
        key,
        { clientMessageId: clientMessageId("x"), content: text("Hello") },
        { authorId: world.caller.principalId, messageId: yield* makeMessageId, run }
      )
      yield* TestClock.adjust(4_000)
      const call = yield* world.provider.call(0)
      call.say("Here after all")
      yield* call.complete()
      yield* world.until("the answer", () => one.terminals.length === 1)
      assert.strictEqual(one.text, "Here after all")
      assert.deepStrictEqual(roomOf(one), ["1 message-added", "2 message-added", "3 run-started", "4 message-closed"])
    })
  )

  it.effect("one whose transport is full misses room events, and reads them when it has drained", () =>
    Effect.gen(function* () {
      const world = yield* gatewaysWorld({ roomWindowBytes: 200 })
      const { id } = yield* world.create
      const [slow, quick] = [new FoldingClient(), new FoldingClient()]
      const follower = yield* world.follow(0, id, slow.port)
      yield* follower.subscribeRoom()
      yield* (yield* world.follow(0, id, quick.port)).subscribeRoom()
      yield* world.until("it is watched", () => world.host(id)?.room.followers.size === 1)
      slow.isReading = false
      for (let n = 0; n < 5; n++) yield* world.send(1, id, `m${n}`, false)
      yield* world.until("the quick one has all", () => roomOf(quick).length === 5)
      slow.isReading = true
      slow.read()
      assert.isBelow(roomOf(slow).length, 5)
      follower.drained()
      yield* world.until("the slow one has all", () => roomOf(slow).length === 5)
      assert.deepStrictEqual(roomOf(slow), roomOf(quick))
    })
  )

  it.effect("a conversation has a bound of followers in a gateway, and the next is told when to ask again", () =>
    Effect.gen(function* () {
      const world = yield* gatewaysWorld({ maxFollowersPerConversation: 1 })
      const { id } = yield* world.create
      yield* world.follow(0, id, new FoldingClient().port)
      const refused = yield* Effect.flip(world.follow(0, id, new FoldingClient().port))
      assert.ok(refused._tag === "Busy" && refused.retryAfterMs > 0)
    })
  )

  it.effect("who comes back to a room is told what it missed, and who subscribes again goes on from its cursor", () =>
    Effect.gen(function* () {
      const world = yield* gatewaysWorld()
      const { id } = yield* world.create
      for (const n of ["1", "2", "3"]) yield* world.send(0, id, n, false)
      const back = new FoldingClient()
      const follower = yield* world.follow(1, id, back.port)
      yield* follower.subscribeRoom(1)
      assert.deepStrictEqual(roomOf(back), ["2 message-added", "3 message-added"])
      const { run } = yield* world.send(0, id, "Hello")
      assert.ok(run !== null)
      const call = yield* world.provider.call(0)
      call.say("One ")
      yield* world.until("the first words", () => back.text === "One ")
      follower.unsubscribe(run.runId)
      call.say("two")
      yield* follower.subscribe(run.runId, back.cursor)
      follower.ack(run.runId, back.last)
      yield* call.complete()
      yield* world.until("the end", () => back.terminals.length === 1)
      assert.strictEqual(back.text, "One two")
    })
  )
})
