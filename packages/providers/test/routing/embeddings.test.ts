/** Vectors by a route: the same targets, circuits and bounds as answers have. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { answer, hang, httpError } from "../wire/WireServer.ts"
import { ask as question } from "../support/requests.ts"
import { world } from "./world.ts"

const ask = { model: "set-by-resolve", inputs: ["Hello", "you"] }

const list = (model: string, tokens: number | null = 9) =>
  httpError(200, {
    model,
    data: ask.inputs.map((_, index) => ({ index, embedding: [index, 1] })),
    ...(tokens === null ? {} : { usage: { prompt_tokens: tokens, total_tokens: tokens } })
  })
const failing = httpError(500, { error: { message: "no", type: "server_error" } })
const attemptsOf = (answer: { readonly attempts?: ReadonlyArray<{ readonly target: string; readonly failure?: string }> }) =>
  (answer.attempts ?? []).map(({ failure, target }) => (failure === undefined ? target : `${target}: ${failure}`))

describe("embeddings of a route", () => {
  it.live("come from the next target when the first fails, by its own name of the model, and say who failed", () =>
    Effect.gen(function* () {
      const { healthOf, model, one, two } = yield* world({}, {}, ["one", "two"], { two: "other" })
      one.enqueue(failing)
      two.enqueue(list("vectors-2"))
      const answer = yield* model.embed(ask)
      assert.strictEqual(answer.model, "vectors-2")
      assert.lengthOf(answer.vectors, 2)
      assert.deepStrictEqual(attemptsOf(answer), ["one/m: ProviderFailed", "two/other"])
      assert.strictEqual(two.requests[0]?.model, "other")
      const [first, second] = [yield* healthOf("one/m"), yield* healthOf("two/other")]
      assert.deepStrictEqual([first.failed, second.succeeded, second.fallbacks], [1, 1, 1])
    })
  )

  it.live("cost what the target that gave them costs, and nothing for one that refused", () =>
    Effect.gen(function* () {
      const { model, one, two } = yield* world({}, {}, ["one", "two"], {}, { two: { price: { input: 3, output: 0 } } })
      one.enqueue(failing)
      two.enqueue(list("m", 10))
      const { usage } = yield* model.embed(ask)
      assert.strictEqual(usage.inputTokens, 10)
      assert.strictEqual(usage.costNanoDollars, 30_000)
      assert.isUndefined(usage.isEstimated)
    })
  )

  it.live("are estimated, and say so, where the provider does not tell what they used", () =>
    Effect.gen(function* () {
      const { model, one } = yield* world()
      one.enqueue(list("m", null))
      const { usage } = yield* model.embed(ask)
      assert.isTrue(usage.isEstimated)
      assert.isAbove(usage.inputTokens, 0)
      one.enqueue(list("m", null))
      const tokens = yield* model.embed({ ...ask, inputs: [[1, 2, 3], [4]] })
      assert.strictEqual(tokens.usage.inputTokens, 4)
    })
  )

  it.live("are refused at once by a 400, which another target would answer no better", () =>
    Effect.gen(function* () {
      const { model, one, two } = yield* world()
      one.enqueue(httpError(400, { error: { message: "no", type: "invalid_request_error" } }))
      assert.strictEqual((yield* Effect.flip(model.embed(ask)))._tag, "ProviderRejected")
      assert.lengthOf(two.requests, 0)
    })
  )

  it.live("are tried again after all targets have failed, as often as the route says", () =>
    Effect.gen(function* () {
      const { model, one, two } = yield* world({ retry: { attempts: 3, baseMs: 1, maxMs: 2 } })
      one.otherwise(() => failing)
      two.otherwise(() => failing)
      assert.strictEqual((yield* Effect.flip(model.embed(ask)))._tag, "ProviderFailed")
      assert.deepStrictEqual([one.requests.length, two.requests.length], [2, 1])
    })
  )

  it.live("are asked for again under the same key where the provider takes one", () =>
    Effect.gen(function* () {
      const { model, one, two } = yield* world({ retry: { attempts: 4, baseMs: 1, maxMs: 2 } })
      one.otherwise(() => failing)
      two.otherwise(() => failing)
      yield* Effect.flip(model.embed(ask))
      yield* Effect.flip(model.embed(ask))
      const [first, again, other] = two.requests.map(({ headers }) => headers["idempotency-key"])
      assert.isString(first)
      assert.strictEqual(again, first)
      assert.notStrictEqual(other, first)
      assert.isUndefined(one.requests[0]?.headers["idempotency-key"])
    })
  )

  it.live("pass over a target whose circuit is open", () =>
    Effect.gen(function* () {
      const { healthOf, model, one, two } = yield* world({}, { breakerFailures: 1 })
      one.enqueue(failing)
      two.otherwise(() => list("m"))
      yield* model.embed(ask)
      assert.strictEqual((yield* healthOf("one/m")).state, "open")
      yield* model.embed(ask)
      assert.lengthOf(one.requests, 1)
    })
  )

  it.live("come from whoever is faster where the route hedges, and the other is aborted", () =>
    Effect.gen(function* () {
      const { healthOf, model, one, two } = yield* world({ hedge: { minMs: 1, defaultMs: 1 } })
      one.enqueue(hang)
      two.enqueue(list("m"))
      const answer = yield* model.embed(ask)
      assert.deepStrictEqual(attemptsOf(answer), ["one/m: Slower", "two/m"])
      yield* (yield* one.received(0)).aborted
      assert.strictEqual((yield* healthOf("two/m")).hedges, 1)
    })
  )

  it.live("reach the socket of the target that is asked when they are interrupted", () =>
    Effect.gen(function* () {
      const { model, one, two } = yield* world()
      one.enqueue(hang)
      const call = yield* Effect.forkScoped(model.embed(ask))
      const request = yield* one.received(0)
      yield* Fiber.interrupt(call)
      yield* request.aborted
      assert.lengthOf(two.requests, 0)
    })
  )

  it.live("are asked of those targets only that are not known to answer, and answers of those that are not known to embed", () =>
    Effect.gen(function* () {
      const facts = { one: { kind: "embedding" }, two: { kind: "chat" } }
      const { model, one, two } = yield* world({}, {}, ["one", "two"], {}, facts)
      assert.isUndefined(model.kind)
      one.enqueue(list("m"))
      assert.deepStrictEqual(attemptsOf(yield* model.embed(ask)), ["one/m"])
      two.enqueue(answer("Hello"))
      assert.deepStrictEqual(attemptsOf(yield* model.complete(question("Hi"))), ["two/m"])
      assert.lengthOf(one.requests, 1)
    })
  )
})
