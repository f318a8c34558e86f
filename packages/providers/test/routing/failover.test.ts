/** An answer survives its provider, before its first word and after it. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { textOf } from "@parley/domain/Content"
import { collect } from "../support/collect.ts"
import { ask } from "../support/requests.ts"
import { answer, httpError } from "../wire/WireServer.ts"
import { switches, world } from "./world.ts"

describe("an answer that the first choice could not be asked for", () => {
  it.live("says who was passed over, whole or streamed, while the circuit is open and while the target is to be left alone", () =>
    Effect.gen(function* () {
      const refusals = [httpError(500), httpError(429, undefined, { "retry-after": "30" })]
      for (const refusal of refusals) {
        const { model, one, two } = yield* world({}, { breakerFailures: 1 })
        one.enqueue(refusal)
        assert.isUndefined((yield* model.complete(ask("Hi"))).passedOver, "it was asked, and failed")
        const whole = yield* model.complete(ask("Hi"))
        assert.deepStrictEqual(whole.passedOver, ["one/m"])
        assert.deepStrictEqual(
          whole.attempts?.map(({ target }) => target),
          ["two/m"]
        )
        two.enqueue(answer("Hello"))
        const { events, sink } = collect()
        yield* model.stream(ask("Hi"), sink)
        assert.deepStrictEqual(events[0], { type: "provider-switch", from: "one/m", to: "two/m", reason: "passed_over" })
        assert.lengthOf(switches(events), 1)
        const vectors = httpError(200, { data: [{ index: 0, embedding: [1] }], usage: { prompt_tokens: 1 } })
        two.enqueue(vectors)
        assert.deepStrictEqual((yield* model.embed({ model: "m", inputs: ["Hi"] })).passedOver, ["one/m"])
      }
    })
  )

  it.live("says it after who broke off, once for each, and nothing of who fails and is asked again", () =>
    Effect.gen(function* () {
      const ids = ["one", "ollama", "two"] as const
      const { model, ollama, one, two } = yield* world({}, { breakerFailures: 1 }, ids)
      one.enqueue(httpError(429), answer(["Hello ", "you"], { cutAfter: 1 }))
      ollama.enqueue(httpError(500))
      two.otherwise(() => answer("there."))
      yield* model.complete(ask("Hi"))
      const { events, sink } = collect()
      yield* model.stream(ask("Hi"), sink)
      assert.deepStrictEqual(
        switches(events).map(({ from, reason, to }) => [from, reason, to]),
        [
          ["one/m", "provider_truncated", "two/m"],
          ["ollama/m", "passed_over", "two/m"]
        ]
      )
      assert.lengthOf(one.requests, 2)
    })
  )

  it.live("is not asked again for a while of a target that does not know the model, as long as there is another", () =>
    Effect.gen(function* () {
      for (const modelMissingMs of [60_000, 0]) {
        const { model, one, two } = yield* world({}, { modelMissingMs })
        one.otherwise(() => httpError(404))
        for (let n = 0; n < 3; n++) yield* model.complete(ask("Hi"))
        assert.lengthOf(one.requests, modelMissingMs === 0 ? 3 : 1)
        assert.deepStrictEqual((yield* model.complete(ask("Hi"))).passedOver, modelMissingMs === 0 ? undefined : ["one/m"])
        // Where there is no other it is asked, and once it answers it goes first again.
        two.enqueue(httpError(401))
        one.enqueue(answer("Here"), answer("Here"))
        for (let n = 0; n < 2; n++) assert.strictEqual(textOf((yield* model.complete(ask("Hi"))).content), "Here")
      }
    })
  )

  it.live("says nothing where it was only waited for", () =>
    Effect.gen(function* () {
      const { model, one } = yield* world({}, { breakerFailures: 1, openMs: 5 }, ["one"])
      one.enqueue(httpError(500))
      const whole = yield* model.complete(ask("Hi"))
      assert.isUndefined(whole.passedOver)
      assert.lengthOf(one.requests, 2)
    })
  )
})

describe("a whole answer", () => {
  it.live("comes from the next target when the first fails, and tells what each attempt came to", () =>
    Effect.gen(function* () {
      const { healthOf, model, one, two } = yield* world()
      one.enqueue(httpError(500))
      two.enqueue(answer("Hello from two", { usage: { inputTokens: 10, outputTokens: 3 } }))
      const whole = yield* model.complete(ask("Hi"))
      assert.strictEqual(textOf(whole.content), "Hello from two")
      assert.deepStrictEqual(
        whole.attempts?.map(({ failure, target, usage }) => [target, failure, usage.outputTokens]),
        [
          ["one/m", "ProviderFailed", 0],
          ["two/m", undefined, 3]
        ]
      )
      assert.strictEqual(whole.usage.costNanoDollars, (10 * 1 + 3 * 10) * 1_000)
      assert.deepInclude(yield* healthOf("two/m"), { fallbacks: 1, retries: 0, isNamed: true })
    })
  )

  it.live("is asked for once where the request itself is wrong", () =>
    Effect.gen(function* () {
      const { model, one, two } = yield* world()
      one.enqueue(httpError(400))
      assert.strictEqual((yield* Effect.flip(model.complete(ask("Hi"))))._tag, "ProviderRejected")
      assert.deepStrictEqual([one.requests.length, two.requests.length], [1, 0])
    })
  )

  it.live(
    "is tried again when all targets failed, under the same key where the provider takes one, and no more often than allowed",
    () =>
      Effect.gen(function* () {
        const { healthOf, model, one, two } = yield* world({ retry: { attempts: 4, baseMs: 1, maxMs: 2 } })
        one.otherwise(() => httpError(500))
        two.otherwise(() => httpError(503))
        assert.strictEqual((yield* Effect.flip(model.complete(ask("Hi"))))._tag, "ProviderFailed")
        assert.deepStrictEqual([one.requests.length, two.requests.length], [2, 2])
        const keys = two.requests.map(({ headers }) => headers["idempotency-key"])
        assert.isString(keys[0])
        assert.strictEqual(keys[0], keys[1])
        assert.isUndefined(one.requests[0]?.headers["idempotency-key"])
        assert.strictEqual((yield* healthOf("one/m")).retries, 1)
      })
  )

  it.live("passes over targets whose circuit is open, and those that asked to be left alone", () =>
    Effect.gen(function* () {
      const { model, one, two } = yield* world({ retry: { maxWaitMs: 100 } }, { breakerFailures: 1 })
      one.enqueue(httpError(500))
      for (let n = 0; n < 3; n++) yield* model.complete(ask("Hi"))
      assert.deepStrictEqual([one.requests.length, two.requests.length], [1, 3])
      two.enqueue(httpError(429, undefined, { "retry-after": "30" }))
      const error = yield* Effect.flip(model.complete(ask("Hi")))
      assert.strictEqual(error._tag, "ProviderRateLimited")
      assert.deepStrictEqual([one.requests.length, two.requests.length], [1, 4])
    })
  )
})
