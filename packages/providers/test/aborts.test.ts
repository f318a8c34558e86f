import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import type { ModelSink, StreamControl } from "@parley/domain/ModelProvider"
import { collect } from "./support/collect.ts"
import { modelOf } from "./support/model.ts"
import { ask } from "./support/requests.ts"
import { wires } from "./support/wires.ts"
import { answer, hang } from "./wire/WireServer.ts"

/** A sink that tells when its first events have come. */
const firstOf = (collected: ReturnType<typeof collect>) => {
  const begun = Deferred.makeUnsafe<StreamControl>()
  const sink: ModelSink = (events, control) => {
    collected.sink(events, control)
    Deferred.doneUnsafe(begun, Effect.succeed(control))
  }
  return { sink, begun: Deferred.await(begun) }
}

describe.each(wires)("$id", (wire) => {
  const modelAt = (baseUrl: string, limits = {}) => modelOf({ ...wire.config(baseUrl), limits }, `${wire.id}/some-model`)

  it.live("an interrupted stream closes the provider's socket, and its sink hears nothing more", () =>
    Effect.gen(function* () {
      const server = yield* wire.start
      server.enqueue(answer("One two three", { holdAfter: 1 }))
      const model = yield* modelAt(server.baseUrl)
      const collected = collect()
      const { begun, sink } = firstOf(collected)
      const call = yield* Effect.forkChild(model.stream(ask("Hello"), sink))
      yield* begun
      yield* Fiber.interrupt(call)
      const request = yield* server.received(0)
      yield* request.aborted
      request.release()
      assert.strictEqual(collected.text(), "One ")
    })
  )

  it.live("an interrupted call that has no answer yet closes the provider's socket, whole or streamed", () =>
    Effect.gen(function* () {
      const server = yield* wire.start
      server.otherwise(() => hang)
      const model = yield* modelAt(server.baseUrl)
      for (const [index, make] of [
        () => model.complete(ask("Hello")),
        () => model.stream(ask("Hello"), () => undefined)
      ].entries()) {
        const call = yield* Effect.forkChild(make())
        const request = yield* server.received(index)
        yield* Fiber.interrupt(call)
        yield* request.aborted
      }
    })
  )

  it.live("a call that is interrupted before it is connected never reaches the provider", () =>
    Effect.gen(function* () {
      const server = yield* wire.start
      const model = yield* modelAt(server.baseUrl)
      const call = yield* Effect.forkChild(model.complete(ask("Never")), { startImmediately: true })
      yield* Fiber.interrupt(call)
      yield* model.complete(ask("Hello"))
      assert.strictEqual(server.requests.length, 1)
    })
  )

  it.live("a sink that throws ends its own call, closes the socket, and leaves the provider in use", () =>
    Effect.gen(function* () {
      const server = yield* wire.start
      server.enqueue(answer("One two three", { holdAfter: 1 }), answer("Still here"))
      const model = yield* modelAt(server.baseUrl)
      const failing = model.stream(ask("Hello"), () => {
        throw new Error("the sink's own fault")
      })
      const defect = yield* Effect.flip(Effect.catchDefect(failing, (defect) => Effect.fail(defect)))
      assert.strictEqual(String(defect), "Error: the sink's own fault")
      yield* (yield* server.received(0)).aborted
      const collected = collect()
      yield* model.stream(ask("Hello"), collected.sink)
      assert.strictEqual(collected.text(), "Still here")
    })
  )

  it.live("a paused stream delivers no more than was on its way until it is resumed, and then all of it", () =>
    Effect.gen(function* () {
      const server = yield* wire.start
      const piece = "x".repeat(50_000)
      const pieces = 400
      server.enqueue(answer(Array.from({ length: pieces }, () => piece)))
      const model = yield* modelAt(server.baseUrl, { maxStreamedLength: 100_000_000 })
      const collected = collect()
      const paused = Deferred.makeUnsafe<StreamControl>()
      const call = yield* Effect.forkChild(
        model.stream(ask("Hello"), (events, control) => {
          collected.sink(events, control)
          if (Deferred.doneUnsafe(paused, Effect.succeed(control))) control.pause()
        })
      )
      const control = yield* Deferred.await(paused)
      const request = yield* server.received(0)
      // A hundred whole answers later it is still held back: 20 MB cannot hide in the buffers between the two.
      for (let call = 0; call < 100; call++) yield* model.complete(ask("Meanwhile"))
      const finished = yield* Effect.raceFirst(Effect.as(request.completed, true), Effect.succeed(false))
      assert.isFalse(finished)
      assert.isBelow(collected.text().length, (pieces * piece.length) / 2)
      control.resume()
      yield* Fiber.join(call)
      assert.strictEqual(collected.text().length, pieces * piece.length)
      control.pause()
      control.resume()
    })
  )

  it.live("a stream whose reader pauses at its very end gives its connection back all the same", () =>
    Effect.gen(function* () {
      const server = yield* wire.start
      const model = yield* modelAt(server.baseUrl)
      for (let call = 0; call < 20; call++) {
        yield* model.stream(ask("Hello"), (events, control) => {
          if (events.some((event) => event.type === "finish")) control.pause()
        })
        yield* (yield* server.received(call)).completed
      }
      assert.isAtMost(server.connections(), 4)
    })
  )

  it.live("a connection serves one call after another", () =>
    Effect.gen(function* () {
      const server = yield* wire.start
      const model = yield* modelAt(server.baseUrl)
      for (let call = 0; call < 5; call++) {
        yield* model.stream(ask("Hello"), () => undefined)
        yield* (yield* server.received(call * 2)).completed
        yield* model.complete(ask("Hello"))
      }
      assert.isAtMost(server.connections(), 2)
    })
  )
})
