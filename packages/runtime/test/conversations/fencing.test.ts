/** Two runners over one store: the first was frozen and declared dead, and still believes in its leases when it wakes. */
import { assert, describe, it } from "@effect/vitest"
import { Cause, Context, Deferred, Effect, Exit, Layer, Option } from "effect"
import { TestClock } from "effect/testing"
import { textOf } from "@parley/domain/Content"
import { Conversations } from "@parley/domain/Conversations"
import { ConversationLimits } from "../../src/conversations/ConversationLimits.ts"
import { ConversationOwnership } from "../../src/conversations/ConversationOwnership.ts"
import * as ConversationSharding from "../../src/conversations/ConversationSharding.ts"
import * as HostedConversations from "../../src/conversations/HostedConversations.ts"
import * as RemoteConversations from "../../src/conversations/RemoteConversations.ts"
import { MemoryRunJournal } from "../../src/storage/MemoryRunJournal.ts"
import { TenantModels } from "../../src/tenants/TenantModels.ts"
import { as, clientMessageId, FoldingClient, newCaller, openTenants, ScriptedProvider, settle, text, warmUp } from "./harness.ts"
import { ManualLoop } from "./ManualLoop.ts"
import { layerMemoryStore, MemoryStoreState } from "./MemoryConversationStore.ts"

const orphanSweepMs = 60_000

/** An answer under way on the first runner, whose follower came over a gateway that notices nothing either. */
const firstRunner = Effect.gen(function* () {
  const provider = new ScriptedProvider()
  const loop = new ManualLoop()
  const caller = yield* newCaller
  const me = as(caller)
  const store = new MemoryStoreState()
  const shared = yield* Layer.build(
    Layer.mergeAll(
      layerMemoryStore(store),
      MemoryRunJournal.layer,
      TenantModels.layerOpen.pipe(Layer.provide(provider.layer)),
      openTenants
    ).pipe(Layer.provideMerge(Layer.mergeAll(loop.layer, ConversationLimits.layer({ watchWindowMs: 0, orphanSweepMs }))))
  )
  const startRunner = Effect.gen(function* () {
    const lease = { isHeld: true }
    const ownership = Layer.succeed(ConversationOwnership, { owns: () => Effect.sync(() => lease.isHeld) })
    const context = yield* Layer.build(
      RemoteConversations.layer.pipe(
        Layer.provideMerge(HostedConversations.layer),
        Layer.provideMerge(Layer.merge(ConversationSharding.layerSingleProcess, ownership)),
        Layer.fresh
      )
    ).pipe(Effect.provideContext(shared))
    yield* warmUp
    return { lease, conversations: Context.get(context, Conversations) }
  })
  const first = yield* startRunner
  const { id } = yield* me(first.conversations.create({ model: "scripted/one" }))
  const ask = (runner: typeof first, key: string) =>
    me(runner.conversations.send(id, { clientMessageId: clientMessageId(key), content: text("Tell me") }))
  const sent = yield* ask(first, "c1")
  const follower = new FoldingClient()
  yield* (yield* me(first.conversations.follow(id, follower.port))).subscribeRoom()
  const old = yield* provider.call(0)
  old.say("Once ")
  yield* TestClock.adjust(200)
  return { ask, first, id, me, old, provider, sent, startRunner, store }
})

/** The second has taken the answer over; the first has ended its own, and found itself fenced. */
const twoRunners = (isLeaseHeld = false) =>
  Effect.gen(function* () {
    const world = yield* firstRunner
    world.first.lease.isHeld = isLeaseHeld
    const second = yield* world.startRunner
    const next = yield* world.provider.call(1)
    next.say("upon a time")
    yield* world.old.complete()
    yield* settle
    return { ...world, second, next }
  })

type World = Effect.Success<ReturnType<typeof twoRunners>>

/** The second's answer is the only one that goes on, and is stored whole. */
const endsWithTheSecond = ({ id, me, next, provider, second, sent }: World) =>
  Effect.gen(function* () {
    assert.strictEqual(provider.calls.length, 2)
    assert.isFalse(next.isAborted())
    yield* next.complete()
    yield* settle
    const { items } = yield* me(second.conversations.messages(id, {}))
    const stored = items.find((message) => message.id === sent.run?.messageId)
    assert.strictEqual(stored?.status, "complete")
    assert.strictEqual(textOf(stored?.content ?? []), "Once upon a time")
  })

describe("a runner that was fenced, while it still believes in its lease", () => {
  it.effect("does not take its run back when it ends it, for those who follow it there", () =>
    Effect.flatMap(twoRunners(true), endsWithTheSecond)
  )

  it.effect("does not take it back for a command, which is told to come again", () =>
    Effect.gen(function* () {
      const world = yield* twoRunners()
      const exit = yield* Effect.exit(world.ask(world.first, "c2"))
      const error = Exit.isFailure(exit) ? Option.getOrUndefined(Cause.findErrorOption(exit.cause)) : undefined
      if (error?._tag !== "Unavailable") return assert.fail("not refused")
      assert.isAbove(error.retryAfterMs, 0)
      assert.isFalse(error.workMayHaveHappened)
      yield* endsWithTheSecond(world)
    })
  )

  it.effect("does not take it back when it looks for runs that nobody writes", () =>
    Effect.gen(function* () {
      const world = yield* twoRunners()
      yield* TestClock.adjust(orphanSweepMs + 1)
      yield* settle
      yield* endsWithTheSecond(world)
    })
  )

  it.effect("takes it when its lease is its own again", () =>
    Effect.gen(function* () {
      const world = yield* twoRunners()
      world.first.lease.isHeld = true
      yield* TestClock.adjust(orphanSweepMs + 1)
      const third = yield* world.provider.call(2)
      yield* third.complete()
    })
  )
})

it.effect("of two that read an open run, the slower does not take it from the faster", () =>
  Effect.gen(function* () {
    const world = yield* firstRunner
    const { provider, store } = world
    const hasRead = yield* Deferred.make<void>()
    const goesOn = yield* Deferred.make<void>()
    store.next("takeOverRun", Effect.andThen(Deferred.succeed(hasRead, undefined), Deferred.await(goesOn)))
    yield* world.startRunner
    yield* Deferred.await(hasRead)
    const second = yield* world.startRunner
    const next = yield* provider.call(1)
    next.say("upon a time")
    yield* Deferred.succeed(goesOn, undefined)
    yield* settle
    yield* endsWithTheSecond({ ...world, next, second })
  })
)
