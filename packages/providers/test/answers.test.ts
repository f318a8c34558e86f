import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { textOf } from "@parley/domain/Content"
import { Providers } from "../src/Providers.ts"
import { collect } from "./support/collect.ts"
import { ask } from "./support/requests.ts"
import { wires } from "./support/wires.ts"
import { answer } from "./wire/WireServer.ts"

describe.each(wires)("$id", ({ config, id, start }) => {
  const model = `${id}/some-model`

  it.live("answers whole, with its text, reason, usage and the provider's id of the response", () =>
    Effect.gen(function* () {
      const server = yield* start
      server.enqueue(answer("Good day to you.", { usage: { inputTokens: 50, cachedInputTokens: 20, outputTokens: 7 } }))
      const resolved = yield* Effect.provide(
        Effect.flatMap(Providers, (providers) => providers.resolve(model)),
        Providers.layer(config(server.baseUrl))
      )
      assert.strictEqual(resolved.name, model)
      assert.isFalse(resolved.isDemo)
      const given = yield* Effect.provide(
        Effect.flatMap(Providers, (providers) => Effect.flatMap(providers.resolve(model), (it) => it.complete(ask("Hello")))),
        Providers.layer(config(server.baseUrl))
      )
      assert.strictEqual(textOf(given.content), "Good day to you.")
      assert.strictEqual(given.finishReason, "stop")
      assert.strictEqual(given.model, "some-model")
      assert.strictEqual(given.responseId, "wire-answer-1")
      assert.deepInclude(given.usage, { inputTokens: 50, cachedInputTokens: 20, outputTokens: 7 })
    })
  )

  it.live("streams the same answer that it folds, and ends with usage and the reason", () =>
    Effect.gen(function* () {
      const server = yield* start
      server.enqueue(answer("Good day to you, dear stranger."))
      const collected = collect()
      const given = yield* Effect.provide(
        Effect.flatMap(Providers, (providers) =>
          Effect.flatMap(providers.resolve(model), (it) => it.stream(ask("Hello"), collected.sink))
        ),
        Providers.layer(config(server.baseUrl))
      )
      assert.strictEqual(collected.text(), "Good day to you, dear stranger.")
      assert.strictEqual(textOf(given.content), collected.text())
      assert.deepStrictEqual(
        collected.events.slice(-2).map((event) => event.type),
        ["usage", "finish"]
      )
      assert.isTrue(server.requests[0]!.streaming)
    })
  )

  it.live("lets what was told go on its way before the caller goes on", () =>
    Effect.gen(function* () {
      const server = yield* start
      server.enqueue(answer("Good day to you."))
      const order: Array<string> = []
      // A socket's frames leave in a microtask of the turn in which they were told.
      const sink = () => queueMicrotask(() => order.push("sent"))
      yield* Effect.provide(
        Effect.flatMap(Providers, (providers) => Effect.flatMap(providers.resolve(model), (it) => it.stream(ask("Hello"), sink))),
        Providers.layer(config(server.baseUrl))
      )
      order.push("went on")
      assert.strictEqual(order.indexOf("went on"), order.length - 1)
      assert.include(order, "sent")
    })
  )
})
