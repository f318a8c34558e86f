/** What an answer that nobody gave has cost all the same. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Ledger } from "../../src/routing/Ledger.ts"
import { ask } from "../support/requests.ts"
import { answer, httpError } from "../wire/WireServer.ts"
import { world } from "./world.ts"

/** By the prices of the world: dollars for a million tokens. */
const costOf = (inputTokens: number, outputTokens: number) => (inputTokens * 1 + outputTokens * 10) * 1_000
const prompt = "Tell me everything that you know about the sea. ".repeat(20)

describe("an error tells what was used in vain", () => {
  it.live("of a whole answer: the prompt of each call that broke off after its provider had begun, with its price", () =>
    Effect.gen(function* () {
      const { model, one, two } = yield* world({ retry: { attempts: 2 } })
      one.enqueue(answer("Cut in its middle", { cutAfter: 1 }))
      two.enqueue(answer("No JSON from its middle on", { garbageAfter: 1 }))
      const { usage } = yield* Effect.flip(model.complete(ask(prompt)))
      const alone = model.tokens.estimate({ messages: ask(prompt).messages, parameters: {} })
      assert.isAbove(usage?.inputTokens ?? 0, 1.8 * alone)
      assert.isBelow(usage?.inputTokens ?? 0, 2.2 * alone)
      assert.strictEqual(usage?.costNanoDollars, costOf(usage?.inputTokens ?? 0, usage?.outputTokens ?? 0))
      assert.isTrue(usage?.isEstimated)
    })
  )

  it.live("and says nothing where all were refused, for that costs nothing", () =>
    Effect.gen(function* () {
      const { model, one, two } = yield* world({ retry: { attempts: 2 } })
      one.enqueue(httpError(500))
      two.enqueue(httpError(429))
      assert.isUndefined((yield* Effect.flip(model.complete(ask(prompt)))).usage)
    })
  )

  it.live("of a stream: what it said too", () =>
    Effect.gen(function* () {
      const { model, one, two } = yield* world({ midStream: false })
      one.enqueue(answer("One two three four five six", { cutAfter: 5 }))
      const { usage } = yield* Effect.flip(model.stream(ask(prompt), () => undefined))
      assert.isAbove(usage?.outputTokens ?? 0, 2)
      assert.isAbove(usage?.inputTokens ?? 0, 100)
      assert.lengthOf(two.requests, 0)
    })
  )

  it.live("of a model without a route, whole or streamed", () =>
    Effect.gen(function* () {
      const { one, providers } = yield* world()
      const direct = yield* providers.resolve("one/m")
      one.enqueue(answer("Cut in its middle", { cutAfter: 1 }))
      const whole = yield* Effect.flip(direct.complete(ask(prompt)))
      assert.strictEqual(whole.usage?.outputTokens, 0)
      assert.isAbove(whole.usage?.inputTokens ?? 0, 100)
      one.enqueue(answer("One two three four five six", { cutAfter: 5 }))
      const streamed = yield* Effect.flip(direct.stream(ask(prompt), () => undefined))
      assert.isAbove(streamed.usage?.outputTokens ?? 0, 2)
      assert.strictEqual(
        streamed.usage?.costNanoDollars,
        costOf(streamed.usage?.inputTokens ?? 0, streamed.usage?.outputTokens ?? 0)
      )
      one.enqueue(httpError(500))
      assert.isUndefined((yield* Effect.flip(direct.complete(ask(prompt)))).usage)
    })
  )

  it.live("unless whoever asked keeps the ledger, and accounts it by that", () =>
    Effect.gen(function* () {
      const { model, one } = yield* world({ midStream: false })
      one.enqueue(answer("One two three four five six", { cutAfter: 5 }))
      const ledger = new Ledger()
      assert.isUndefined((yield* Effect.flip(model.stream(ask(prompt), () => undefined, { ledger }))).usage)
      assert.isAbove((yield* ledger.total(false)).outputTokens, 2)
    })
  )
})
