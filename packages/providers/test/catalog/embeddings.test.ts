import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Redacted } from "effect"
import type { EmbeddingRequest } from "@parley/domain/Embeddings"
import { maxEmbeddingCalls } from "../../src/embeddings/makeEmbedder.ts"
import type { ProvidersConfig } from "../../src/Providers.ts"
import { modelOf, providersOf } from "../support/model.ts"
import { deadAddress } from "../support/wires.ts"
import { startAnthropicWire } from "../wire/anthropicWire.ts"
import { startOpenaiWire } from "../wire/openaiWire.ts"
import { hang, httpError } from "../wire/WireServer.ts"

const apiKey = Redacted.make("key")

const ask = (inputs: EmbeddingRequest["inputs"], more: Partial<EmbeddingRequest> = {}): EmbeddingRequest => ({
  model: "set-by-resolve",
  inputs,
  ...more
})

/** What the wire answers: vectors under their indexes. */
const list = (...vectors: ReadonlyArray<readonly [index: number, vector: unknown]>) =>
  httpError(200, {
    object: "list",
    model: "vectors-1",
    data: vectors.map(([index, embedding]) => ({ object: "embedding", index, embedding })),
    usage: { prompt_tokens: 9, total_tokens: 9 }
  })

const world = (
  more: (baseUrl: string) => ProvidersConfig = (baseUrl) => ({ openai: { apiKey, baseUrl } }),
  name = "openai/vectors"
) =>
  Effect.gen(function* () {
    const wire = yield* startOpenaiWire
    return { wire, model: yield* modelOf(more(wire.baseUrl), name) }
  })

describe("embeddings of a provider that speaks OpenAI's API", () => {
  it.live("are asked under the provider's own name, as numbers, with what was asked beside them", () =>
    Effect.gen(function* () {
      const { model, wire } = yield* world()
      wire.enqueue(list([0, [0.5, -0.25]], [1, [1, 2]]))
      const answer = yield* model.embed(ask(["Hello", [7, 8]], { dimensions: 2, user: "u" }))
      assert.deepStrictEqual(
        answer.vectors.map((vector) => [...vector]),
        [
          [0.5, -0.25],
          [1, 2]
        ]
      )
      assert.strictEqual(answer.usage.inputTokens, 9)
      assert.strictEqual(answer.model, "vectors-1")
      assert.strictEqual(wire.requests[0]?.path, "/v1/embeddings")
      assert.strictEqual(wire.requests[0]?.headers.authorization, "Bearer key")
      assert.deepStrictEqual(wire.requests[0]?.body, {
        model: "vectors",
        input: ["Hello", [7, 8]],
        encoding_format: "float",
        dimensions: 2,
        user: "u"
      })
    })
  )

  it.live("go back to their inputs by index, in whatever order they came", () =>
    Effect.gen(function* () {
      const { model, wire } = yield* world()
      wire.enqueue(list([2, [2]], [0, [0]], [1, [1]]))
      const { vectors } = yield* model.embed(ask(["a", "b", "c"]))
      assert.deepStrictEqual(
        vectors.map(([first]) => first),
        [0, 1, 2]
      )
    })
  )

  it.live("are there for Llama servers and configured vendors, with the vendor's own key header", () =>
    Effect.gen(function* () {
      const llama = yield* world((baseUrl) => ({ llama: { baseUrl } }), "llama/vectors")
      llama.wire.enqueue(list([0, [1]]))
      assert.lengthOf((yield* llama.model.embed(ask(["a"]))).vectors, 1)
      assert.isUndefined(llama.wire.requests[0]?.headers.authorization)
      const azure = yield* world(
        (baseUrl) => ({ configured: [{ id: "azure", kind: "azure-openai", apiKey, baseUrl }] }),
        "azure/vectors"
      )
      azure.wire.enqueue(list([0, [1]]))
      yield* azure.model.embed(ask(["a"]))
      assert.strictEqual(azure.wire.requests[0]?.headers["api-key"], "key")
    })
  )

  it.live("are refused by providers that have none", () =>
    Effect.gen(function* () {
      const wire = yield* startAnthropicWire
      const claude = yield* modelOf({ anthropic: { apiKey, baseUrl: wire.baseUrl } }, "anthropic/claude-wire")
      const demo = yield* modelOf({}, "demo/parley")
      for (const model of [claude, demo]) {
        const error = yield* Effect.flip(model.embed(ask(["a"])))
        assert.strictEqual(error._tag, "ProviderRejected")
        assert.include(error.message, "has no embeddings")
      }
      assert.lengthOf(wire.requests, 0)
    })
  )

  const useless: ReadonlyArray<readonly [claim: string, script: ReturnType<typeof list>]> = [
    ["fewer vectors than inputs", list([0, [1]])],
    ["more vectors than inputs", list([0, [1]], [1, [1]], [2, [1]])],
    ["two vectors of one input", list([0, [1]], [0, [2]])],
    ["an index of no input", list([0, [1]], [5, [2]])],
    ["an index that is a fraction", list([0, [1]], [0.5, [2]])],
    ["an empty vector", list([0, [1]], [1, []])],
    ["a vector with a hole", list([0, [1]], [1, [1, null]])],
    ["a vector that is a text", list([0, [1]], [1, "AAAA"])],
    ["no list", httpError(200, { object: "list" })],
    ["a page", httpError(200, "<html>")]
  ]
  for (const [claim, script] of useless) {
    it.live(`are nobody's when the provider answers ${claim}`, () =>
      Effect.gen(function* () {
        const { model, wire } = yield* world()
        wire.enqueue(script)
        assert.strictEqual((yield* Effect.flip(model.embed(ask(["a", "b"]))))._tag, "ProviderFailed")
      })
    )
  }

  const failures: ReadonlyArray<readonly [status: number, tag: string, state: string]> = [
    [400, "ProviderRejected", "closed"],
    [401, "ProviderUnauthorized", "open"],
    [404, "ProviderModelNotFound", "closed"],
    [429, "ProviderRateLimited", "closed"],
    [500, "ProviderFailed", "open"]
  ]
  for (const [status, tag, state] of failures) {
    it.live(`fail as ${tag} on ${status}, and their own circuit alone is told`, () =>
      Effect.gen(function* () {
        const wire = yield* startOpenaiWire
        const providers = yield* providersOf({ openai: { apiKey, baseUrl: wire.baseUrl }, limits: { breakerFailures: 1 } })
        const model = yield* providers.resolve("openai/vectors")
        wire.enqueue(httpError(status, { error: { message: "no", type: "some_error" } }))
        assert.strictEqual((yield* Effect.flip(model.embed(ask(["a"]))))._tag, tag)
        const told = (yield* providers.health).map(({ failed, state, target }) => ({ failed, state, target }))
        assert.deepStrictEqual(told, [{ failed: 1, state, target: "openai/vectors" }])
      })
    )
  }

  it.live("fail as unreachable when nobody is there", () =>
    Effect.gen(function* () {
      const model = yield* modelOf({ llama: { baseUrl: yield* deadAddress } }, "llama/vectors")
      assert.strictEqual((yield* Effect.flip(model.embed(ask(["a"]))))._tag, "ProviderUnreachable")
    })
  )

  it.live("are refused past their own bound, which calls leave again when they are interrupted", () =>
    Effect.gen(function* () {
      const { model, wire } = yield* world()
      wire.otherwise(() => hang)
      const calls = yield* Effect.forEach(Array.from({ length: maxEmbeddingCalls }), () =>
        Effect.forkScoped(model.embed(ask(["a"])))
      )
      yield* wire.received(maxEmbeddingCalls - 1)
      const refused = yield* Effect.flip(model.embed(ask(["a"])))
      assert.strictEqual(refused._tag, "ProviderUnavailable")
      const [first] = calls
      assert.isDefined(first)
      yield* Fiber.interrupt(first)
      wire.otherwise(() => list([0, [1]]))
      assert.isTrue(Exit.isSuccess(yield* Effect.exit(model.embed(ask(["a"])))))
    })
  )

  it.live("reach the provider's socket when they are interrupted", () =>
    Effect.gen(function* () {
      const { model, wire } = yield* world()
      wire.enqueue(hang)
      const call = yield* Effect.forkScoped(model.embed(ask(["a"])))
      const request = yield* wire.received(0)
      yield* Fiber.interrupt(call)
      yield* request.aborted
    })
  )
})
