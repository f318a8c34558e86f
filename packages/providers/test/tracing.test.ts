import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Redacted, Tracer } from "effect"
import { modelOf } from "./support/model.ts"
import { ask } from "./support/requests.ts"
import { wires } from "./support/wires.ts"
import { startOpenaiWire } from "./wire/openaiWire.ts"
import { answer, hang, httpError } from "./wire/WireServer.ts"

/** A tracer that keeps its spans. */
const recorder = () => {
  const spans: Array<Tracer.Span> = []
  const tracer = Tracer.make({
    span(options) {
      const span = new Tracer.NativeSpan(options)
      spans.push(span)
      return span
    }
  })
  return { spans, tracer }
}

describe.each(wires)("a call to $id", (wire) => {
  it.live("is one span, which the provider is told as its parent, whole or streamed", () =>
    Effect.gen(function* () {
      const server = yield* wire.start
      server.otherwise(() => answer("One two", { usage: { inputTokens: 11 } }))
      const model = yield* modelOf(wire.config(server.baseUrl), `${wire.id}/some-model`)
      const { spans, tracer } = recorder()
      const asked = ask("Hello", { temperature: 0.5, maxOutputTokens: 64, stop: ["END"] })
      const calls = [model.complete(asked), model.stream(asked, () => undefined)]
      for (const [index, call] of calls.entries()) {
        yield* call.pipe(Effect.withSpan("request"), Effect.withTracer(tracer))
        assert.deepStrictEqual(
          spans.map((span) => span.name),
          ["request", "chat some-model"]
        )
        const [request, span] = [spans[0]!, spans[1]!]
        spans.length = 0
        assert.strictEqual(span.kind, "client")
        assert.strictEqual(span.traceId, request.traceId)
        assert.strictEqual(server.requests[index]!.headers["traceparent"], `00-${span.traceId}-${span.spanId}-01`)
        assert.deepStrictEqual(Object.fromEntries(span.attributes), {
          "gen_ai.operation.name": "chat",
          "gen_ai.provider.name": wire.id,
          "gen_ai.request.model": "some-model",
          "gen_ai.request.temperature": 0.5,
          "gen_ai.request.max_tokens": 64,
          "gen_ai.request.stop_sequences": ["END"],
          "server.address": "127.0.0.1",
          "server.port": Number(new URL(server.baseUrl).port),
          "gen_ai.response.id": "wire-answer-1",
          "gen_ai.response.model": "some-model",
          "gen_ai.response.finish_reasons": ["stop"],
          "gen_ai.usage.input_tokens": 11,
          "gen_ai.usage.output_tokens": 2,
          "gen_ai.usage.cache_read.input_tokens": 0,
          "gen_ai.usage.cache_creation.input_tokens": 0
        })
      }
    })
  )

  it.live("says which form of answer was asked for", () =>
    Effect.gen(function* () {
      const server = yield* wire.start
      const model = yield* modelOf(wire.config(server.baseUrl), `${wire.id}/some-model`)
      const formats = [
        { type: "text" },
        { type: "json" },
        { type: "json-schema", name: "A", schema: { type: "object" } }
      ] as const
      const { spans, tracer } = recorder()
      for (const responseFormat of formats) {
        yield* model.complete(ask("Hello", { responseFormat })).pipe(Effect.withTracer(tracer))
      }
      assert.deepStrictEqual(
        spans.map(({ attributes }) => attributes.get("gen_ai.output.type")),
        ["text", "json", "json"]
      )
    })
  )

  it.live("that its caller gives up says so in its span", () =>
    Effect.gen(function* () {
      const server = yield* wire.start
      server.enqueue(hang)
      const model = yield* modelOf(wire.config(server.baseUrl), `${wire.id}/some-model`)
      const { spans, tracer } = recorder()
      const running = yield* Effect.forkChild(model.complete(ask("Hello")).pipe(Effect.withTracer(tracer)))
      yield* server.received(0)
      yield* Fiber.interrupt(running)
      assert.strictEqual(spans[0]?.attributes.get("error.type"), "canceled")
      assert.strictEqual(spans[0]?.status._tag, "Ended")
    })
  )

  it.live("that fails says how in its span", () =>
    Effect.gen(function* () {
      const server = yield* wire.start
      server.enqueue(httpError(500))
      const model = yield* modelOf(wire.config(server.baseUrl), `${wire.id}/some-model`)
      const { spans, tracer } = recorder()
      yield* model.complete(ask("Hello")).pipe(Effect.flip, Effect.withTracer(tracer))
      assert.strictEqual(spans[0]?.attributes.get("error.type"), "ProviderFailed")
    })
  )
})

describe("a configured provider", () => {
  it.live("goes by its well-known name in spans, whatever the configuration calls it, and by that where there is none", () =>
    Effect.gen(function* () {
      const { baseUrl, otherwise } = yield* startOpenaiWire
      otherwise(() => answer("One"))
      const nameOf = Effect.fnUntraced(function* (kind: "azure-openai" | "xai" | "vllm") {
        const configured = [{ id: "mine", kind, baseUrl, apiKey: Redacted.make("key-of-the-test") }]
        const model = yield* modelOf({ configured }, "mine/m")
        const { spans, tracer } = recorder()
        yield* model.complete(ask("Hello")).pipe(Effect.withTracer(tracer))
        return spans[0]?.attributes.get("gen_ai.provider.name")
      })
      assert.strictEqual(yield* nameOf("azure-openai"), "azure.ai.openai")
      assert.strictEqual(yield* nameOf("xai"), "x_ai")
      assert.strictEqual(yield* nameOf("vllm"), "mine")
    })
  )
})

describe("a question for vectors", () => {
  const vectors = httpError(200, { model: "vectors-2", data: [{ index: 0, embedding: [1, 2] }], usage: { prompt_tokens: 4 } })

  it.live("is one span, which the provider is told as its parent", () =>
    Effect.gen(function* () {
      const server = yield* startOpenaiWire
      server.enqueue(vectors)
      const configured = [{ id: "mine", kind: "vllm" as const, baseUrl: server.baseUrl }]
      const model = yield* modelOf({ configured }, "mine/vectors")
      const { spans, tracer } = recorder()
      yield* model.embed({ model: "set-by-resolve", inputs: ["Hello"], dimensions: 2 }).pipe(Effect.withTracer(tracer))
      const [span] = spans
      assert.lengthOf(spans, 1)
      assert.deepInclude(span, { name: "embeddings vectors", kind: "client" })
      assert.strictEqual(server.requests[0]?.headers["traceparent"], `00-${span?.traceId}-${span?.spanId}-01`)
      assert.deepStrictEqual(Object.fromEntries(span?.attributes ?? []), {
        "gen_ai.operation.name": "embeddings",
        "gen_ai.provider.name": "mine",
        "gen_ai.request.model": "vectors",
        "gen_ai.embeddings.dimension.count": 2,
        "server.address": "127.0.0.1",
        "server.port": Number(new URL(server.baseUrl).port),
        "gen_ai.response.model": "vectors-2",
        "gen_ai.usage.input_tokens": 4
      })
    })
  )

  it.live("that fails says how in its span", () =>
    Effect.gen(function* () {
      const server = yield* startOpenaiWire
      server.enqueue(httpError(429))
      const model = yield* modelOf({ configured: [{ id: "mine", kind: "vllm", baseUrl: server.baseUrl }] }, "mine/vectors")
      const { spans, tracer } = recorder()
      yield* model.embed({ model: "set-by-resolve", inputs: ["Hello"] }).pipe(Effect.flip, Effect.withTracer(tracer))
      assert.strictEqual(spans[0]?.attributes.get("error.type"), "ProviderRateLimited")
    })
  )
})
