import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Scope } from "effect"
import { TestClock } from "effect/testing"
import { textOf } from "@parley/domain/Content"
import type { Follower } from "@parley/domain/Conversations"
import type { ConversationId, RunId } from "@parley/domain/Ids"
import { FoldingClient, settle } from "./harness.ts"
import { conversationWorld } from "./world.ts"

type World = Effect.Success<ReturnType<typeof conversationWorld>>

/** A device: a client of the protocol and its connection, which comes and goes. */
class Device {
  readonly client = new FoldingClient(() => this.runId)
  runId: RunId | undefined
  private connection: { readonly scope: Scope.Closeable; readonly follower: Follower } | undefined
  private readonly world: World
  private readonly id: ConversationId

  constructor(world: World, id: ConversationId) {
    this.world = world
    this.id = id
  }

  get isConnected(): boolean {
    return this.connection !== undefined
  }

  /** With the room if it has no run yet: then its runs come by themselves. */
  connect(cursor = this.client.cursor) {
    return Effect.gen({ self: this }, function* () {
      yield* this.disconnect
      const scope = yield* Scope.make()
      const follower = yield* Scope.provide(this.world.follow(this.id, this.client.port), scope)
      this.connection = { scope, follower }
      if (this.runId === undefined) yield* follower.subscribeRoom()
      else yield* follower.subscribe(this.runId, cursor)
    })
  }

  get disconnect() {
    return Effect.suspend(() => {
      const { connection } = this
      this.connection = undefined
      this.client.disconnect()
      return connection === undefined ? Effect.void : Scope.close(connection.scope, Exit.void)
    })
  }

  ack(): void {
    if (this.connection !== undefined) this.client.ack(this.connection.follower)
  }

  /** Reads what is on the wire, acknowledges, and subscribes again if the protocol says so. */
  get catchUp() {
    return Effect.gen({ self: this }, function* () {
      this.client.isReading = true
      this.client.read()
      this.ack()
      this.client.read()
      if (!this.isConnected || this.client.mustResubscribe || this.client.closes.length > 0) {
        this.client.closes = []
        yield* this.connect()
        this.client.read()
      }
    })
  }
}

describe("resuming a run", () => {
  it.effect(
    "two devices end with the stored bytes and one terminal, under a reload, a slow reader, a repeated send and a killed actor",
    () =>
      Effect.gen(function* () {
        const world = yield* conversationWorld()
        const { id } = yield* world.create()
        const reloading = new Device(world, id)
        const slow = new Device(world, id)
        yield* reloading.connect()
        yield* slow.connect()
        const sent = yield* world.send(id, "same", "Tell me everything")
        const again = yield* world.send(id, "same", "Tell me everything")
        assert.deepStrictEqual(again, { ...sent, duplicate: true })
        const runId = sent.run?.runId ?? assert.fail("no run")
        reloading.runId = runId
        slow.runId = runId
        let call = yield* world.provider.call(0)
        const say = (words: string) => {
          call.say(words)
          world.loop.turn()
        }
        say("The beginning. ")
        slow.client.isReading = false
        for (let i = 0; i < 200; i++) {
          say(`${i} ${"word ".repeat(60)}`)
          if (i % 10 === 0) reloading.ack()
        }
        assert.isAbove(slow.client.port.bufferedBytes(), 30 * 1024)
        assert.isBelow(slow.client.port.bufferedBytes(), 40 * 1024)
        yield* reloading.disconnect
        say("While one was away. ")
        yield* reloading.connect({})
        yield* TestClock.adjust(150)
        yield* call.die(new Error("the actor is killed"))
        yield* settle
        yield* TestClock.adjust(100)
        call = yield* world.provider.call(1)
        say("After the kill. ")
        slow.client.isReading = true
        slow.client.read()
        slow.ack()
        say("The end.")
        yield* call.complete()
        yield* settle
        yield* reloading.catchUp
        yield* slow.catchUp
        const stored = yield* world.message(id, sent.run?.messageId)
        for (const { client } of [reloading, slow]) {
          assert.strictEqual(client.text, textOf(stored.content))
          assert.deepStrictEqual(client.terminals, [{ type: "run-complete", finishReason: "stop" }])
        }
        assert.isTrue(textOf(stored.content).endsWith("While one was away. After the kill. The end."))
        assert.strictEqual(world.provider.calls.length, 2)
      })
  )

  it.effect(
    "whoever subscribes after the end gets the log while it is kept, then the stored message, and for an unknown run `gone`",
    () =>
      Effect.gen(function* () {
        const world = yield* conversationWorld()
        const { id } = yield* world.create()
        const sent = yield* world.send(id, "c", "Hello")
        const runId = sent.run?.runId ?? assert.fail("no run")
        const call = yield* world.provider.call(0)
        call.say("Hi")
        yield* call.complete()
        yield* settle
        const early = new Device(world, id)
        early.runId = runId
        yield* early.connect()
        assert.deepStrictEqual(
          early.client.frames.map(({ type }) => type),
          ["delta", "caught-up"]
        )
        world.loop.advance(60_000)
        const late = new Device(world, id)
        late.runId = runId
        yield* late.connect()
        assert.deepStrictEqual(
          late.client.frames.map(({ type }) => type),
          ["closed", "caught-up"]
        )
        assert.strictEqual(late.client.text, early.client.text)
        assert.strictEqual(late.client.last, early.client.last)
        assert.deepStrictEqual(late.client.terminals, early.client.terminals)
        const other = yield* world.create()
        const stranger = new Device(world, other.id)
        stranger.runId = runId
        yield* stranger.connect()
        assert.deepStrictEqual(
          stranger.client.frames.map(({ type }) => type),
          ["gone", "caught-up"]
        )
      })
  )
})

/** A small seeded generator, so that a failing history can be run again. */
const seeded = (seed: number) => {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
  return { below: (n: number) => Math.floor(next() * n) }
}

/** One random history; ends with everybody caught up. */
const history = (seed: number) =>
  Effect.gen(function* () {
    const { below } = seeded(seed)
    const world = yield* conversationWorld({ windowBytes: 2_000, drainedBytes: 500, ringFrames: 12, ringBytes: 4_000 })
    const { id } = yield* world.create()
    const devices = [new Device(world, id), new Device(world, id), new Device(world, id)]
    for (const device of devices) if (below(2) === 0) yield* device.connect()
    const sent = yield* world.send(id, "c", "Go")
    const runId = sent.run?.runId ?? assert.fail("no run")
    for (const device of devices) {
      device.runId = runId
      if (!device.isConnected) yield* device.connect()
    }
    const any = () => devices[below(devices.length)] ?? assert.fail()
    const call = () => world.provider.calls.at(-1)
    let isOver = false
    let kills = 0
    for (let step = 0; step < 60 && !isOver; step++) {
      switch (below(16)) {
        case 0:
        case 1:
        case 2:
        case 3:
          call()?.say(...Array.from({ length: 1 + below(4) }, () => `${step}:${"ü".repeat(below(80))} `))
          break
        case 4:
          call()?.emit({ type: "reasoning-delta", text: `r${step} ` }, { type: "text-delta", text: `t${step} ` })
          break
        case 5:
        case 6:
          world.loop.turn()
          break
        case 7:
          world.loop.advance(below(200))
          yield* TestClock.adjust(150)
          break
        case 8:
          yield* any().disconnect
          break
        case 9: {
          const device = any()
          yield* device.connect(below(2) === 0 ? device.client.cursor : {})
          break
        }
        case 10:
          any().client.isReading = false
          break
        case 11: {
          const device = any()
          device.client.isReading = true
          device.client.read()
          device.ack()
          break
        }
        case 12: {
          const device = any()
          device.client.read(1)
          device.ack()
          break
        }
        case 13: {
          if (kills++ >= 2) break
          const n = world.provider.calls.length
          if (below(2) === 0) {
            yield* call()?.die(new Error("killed")) ?? Effect.void
            yield* settle
            yield* TestClock.adjust(200)
          } else {
            for (const device of devices) yield* device.disconnect
            yield* world.crash
          }
          yield* world.provider.call(n)
          break
        }
        case 14:
          yield* world.send(id, "c", "Go")
          break
        case 15:
          if (below(5) === 0) {
            isOver = true
            const stand = yield* world.as(world.conversations.cancel(id, runId))
            assert.strictEqual(stand.status, "cancelled")
          }
          break
      }
      for (const device of devices) {
        if (!device.client.mustResubscribe && device.client.closes.length === 0) continue
        device.client.closes = []
        yield* device.connect()
      }
    }
    if (!isOver) yield* call()?.complete() ?? Effect.void
    yield* settle
    assert.isTrue(yield* world.running.awaitIdle(0), `seed ${seed}: the run has ended`)
    if (below(2) === 0) world.loop.advance(60_000)
    for (const device of devices) {
      for (let i = 0; i < 5; i++) yield* device.catchUp
      if (device.client.terminals.length === 0) yield* device.connect()
    }
    const stored = yield* world.message(id, sent.run?.messageId)
    assert.strictEqual((yield* world.as(world.conversations.messages(id, {}))).items.length, 2, `seed ${seed}: one turn`)
    for (const [n, { client }] of devices.entries()) {
      assert.deepStrictEqual(client.content, stored.content, `seed ${seed}, device ${n}`)
      assert.strictEqual(client.terminals.length, 1, `seed ${seed}, device ${n}: one terminal`)
      assert.strictEqual(client.last, stored.lastSeq, `seed ${seed}, device ${n}: every event`)
    }
  })

describe("any history of a run", () => {
  for (let block = 0; block < 6; block++) {
    it.effect(`ends with the stored bytes and one terminal on every device (seeds from ${block * 20})`, () =>
      Effect.forEach(
        Array.from({ length: 20 }, (_, i) => block * 20 + i),
        (seed) => Effect.scoped(history(seed)),
        {
          discard: true
        }
      )
    )
  }
})
