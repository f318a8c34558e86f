/** A slow target is raced by a second one, within a budget; who speaks first answers, and the other is aborted. */
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber } from "effect"
import { TestClock } from "effect/testing"
import type { Usage } from "@parley/domain/Usage"
import { Ledger } from "../../src/routing/Ledger.ts"
import type { HedgeSettings, RouteConfig } from "../../src/routing/Route.ts"
import { makeRouter } from "../../src/routing/Router.ts"
import type { RouteTarget } from "../../src/routing/RouteTarget.ts"
import { fine, makeHeld, text } from "../circuit/fakes.ts"
import { collect } from "../support/collect.ts"
import { providersOf } from "../support/model.ts"
import { ask } from "../support/requests.ts"
import { answer } from "../wire/WireServer.ts"
import { targetOf } from "./targetOf.ts"
import { world } from "./world.ts"

const racing = Effect.fnUntraced(function* (hedge: Partial<HedgeSettings> = {}, route: Partial<RouteConfig> = {}) {
  const [one, two] = [makeHeld("one"), makeHeld("two")]
  const providers = yield* providersOf({
    extra: [one.provider, two.provider],
    routes: {
      best: { targets: [{ model: "one/m" }, { model: "two/m" }], hedge: { defaultMs: 1_000, minMs: 100, ...hedge }, ...route }
    }
  })
  const model = yield* Effect.orDie(providers.resolve("best"))
  const healthOf = (target: string) => Effect.map(providers.health, (all) => all.find((found) => found.target === target)!)
  return { one, two, model, providers, healthOf }
})

describe("a route that hedges", () => {
  it.effect("asks a second target once the first is slow, passes on who speaks first, and aborts the other at once", () =>
    Effect.gen(function* () {
      const { healthOf, model, one, two } = yield* racing()
      const collected = collect()
      const running = yield* Effect.forkChild(model.stream(ask("Hi"), collected.sink), { startImmediately: true })
      yield* TestClock.adjust(999)
      assert.deepStrictEqual([one.calls.length, two.calls.length], [1, 0])
      yield* TestClock.adjust(1)
      assert.deepStrictEqual([one.calls.length, two.calls.length], [1, 1])
      two.say(0, text("fast"))
      one.say(0, text("slow"))
      yield* two.end(0)
      const answer = yield* Fiber.join(running)
      assert.isTrue(one.calls[0]?.isAborted)
      assert.strictEqual(collected.text(), "fast")
      assert.deepStrictEqual(collected.events[0], { type: "provider-switch", from: "one/m", to: "two/m", reason: "slow" })
      assert.deepStrictEqual(
        answer.attempts?.map(({ failure, target }) => [target, failure]),
        [
          ["one/m", "Slower"],
          ["two/m", undefined]
        ]
      )
      assert.deepInclude(yield* healthOf("two/m"), { hedges: 1, fallbacks: 0, inFlight: 0 })
      assert.deepInclude(yield* healthOf("one/m"), { inFlight: 0, failed: 0, state: "closed" })
    })
  )

  it.effect("keeps to the first when that speaks first after all", () =>
    Effect.gen(function* () {
      const { model, one, two } = yield* racing()
      const collected = collect()
      const running = yield* Effect.forkChild(model.stream(ask("Hi"), collected.sink), { startImmediately: true })
      yield* TestClock.adjust(1_000)
      one.say(0, text("slow but first"))
      two.say(0, text("late"))
      yield* one.end(0)
      yield* Fiber.join(running)
      assert.isTrue(two.calls[0]?.isAborted)
      assert.strictEqual(collected.text(), "slow but first")
      assert.isFalse(collected.events.some(({ type }) => type === "provider-switch"))
    })
  )

  it.effect("leaves the answer to the other when one fails, and fails over when both do", () =>
    Effect.gen(function* () {
      const { model, one, two } = yield* racing()
      const collected = collect()
      const running = yield* Effect.forkChild(model.stream(ask("Hi"), collected.sink), { startImmediately: true })
      yield* TestClock.adjust(1_000)
      yield* one.fail(0)
      yield* Effect.yieldNow
      two.say(0, text("still here"))
      yield* two.end(0)
      yield* Fiber.join(running)
      assert.strictEqual(collected.text(), "still here")
      const failing = yield* Effect.forkChild(model.complete(ask("Hi")), { startImmediately: true })
      yield* TestClock.adjust(1_000)
      yield* two.fail(1)
      yield* one.fail(1)
      yield* TestClock.adjust(10_000)
      assert.deepStrictEqual([one.calls.length, two.calls.length], [3, 3])
      yield* Effect.all([one.fail(2), two.fail(2)])
      yield* TestClock.adjust(10_000)
      assert.isTrue(Exit.isFailure(yield* Fiber.await(failing)))
    })
  )

  it.effect("goes by the target's own p95, once it has one", () =>
    Effect.gen(function* () {
      const { model, one, two } = yield* racing()
      for (let n = 0; n < 5; n++) {
        const running = yield* Effect.forkChild(
          model.stream(ask("Hi"), () => {}),
          { startImmediately: true }
        )
        yield* TestClock.adjust(200)
        one.say(n, text("hello"))
        yield* one.end(n)
        yield* Fiber.join(running)
      }
      const running = yield* Effect.forkChild(
        model.stream(ask("Hi"), () => {}),
        { startImmediately: true }
      )
      yield* TestClock.adjust(190)
      assert.strictEqual(two.calls.length, 0)
      yield* TestClock.adjust(40)
      assert.strictEqual(two.calls.length, 1)
      yield* Fiber.interrupt(running)
      assert.isTrue(one.calls[5]?.isAborted === true && two.calls[0]?.isAborted)
    })
  )

  it.effect("makes no more extra calls than its budget allows", () =>
    Effect.gen(function* () {
      const { healthOf, model, one } = yield* racing({ budget: 0.1, burst: 2 })
      for (let n = 0; n < 30; n++) {
        const running = yield* Effect.forkChild(
          model.stream(ask("Hi"), () => {}),
          { startImmediately: true }
        )
        yield* TestClock.adjust(1_000)
        one.say(n, text("hello"))
        yield* one.end(n)
        yield* Fiber.join(running)
        // Its own time to the first token is long past when the next is asked.
        yield* TestClock.adjust(120_000)
      }
      // Two were saved up at the start, and thirty requests earn three more.
      assert.strictEqual((yield* healthOf("two/m")).hedges, 4)
    })
  )

  it.effect("has by default a budget for what is slow beside the slowest twentieth of all calls, which a p95 always leaves", () =>
    Effect.gen(function* () {
      const { healthOf, model, one, two } = yield* racing()
      let slow = 0
      for (let n = 1; n <= 600; n++) {
        const running = yield* Effect.forkChild(
          model.stream(ask("Hi"), () => {}),
          { startImmediately: true }
        )
        const isSlow = n % 20 === 0 || n % 50 === 5
        const answering = isSlow ? two : one
        if (isSlow) yield* TestClock.adjust(100)
        const call = isSlow ? slow++ : n - 1
        answering.say(call, text("hello"))
        yield* answering.end(call)
        yield* Fiber.join(running)
      }
      assert.strictEqual((yield* healthOf("two/m")).hedges, slow)
    })
  )

  it.effect("waits for each call from its own beginning, also where a later one waits less", () =>
    Effect.gen(function* () {
      const { model, one, two } = yield* racing()
      const begin = Effect.forkChild(
        model.stream(ask("Hi"), () => {}),
        { startImmediately: true }
      )
      const first = yield* begin
      yield* TestClock.adjust(400)
      const second = yield* begin
      yield* TestClock.adjust(100)
      one.say(1, text("hello"))
      yield* one.end(1)
      yield* Fiber.join(second)
      // There is a p95 now, of 100 ms: the third is slow long before the first.
      const third = yield* begin
      yield* TestClock.adjust(120)
      assert.strictEqual(two.calls.length, 1)
      yield* TestClock.adjust(379)
      assert.strictEqual(two.calls.length, 1)
      yield* TestClock.adjust(1)
      assert.strictEqual(two.calls.length, 2)
      yield* Fiber.interruptAll([first, third])
      assert.isTrue([...one.calls, ...two.calls].every(({ isAborted }, at) => at === 1 || isAborted))
    })
  )

  it.effect("answers as the faster whole answer does", () =>
    Effect.gen(function* () {
      const { model, one, two } = yield* racing()
      const running = yield* Effect.forkChild(model.complete(ask("Hi")), { startImmediately: true })
      yield* TestClock.adjust(1_000)
      yield* two.end(0, { ...fine, responseId: "two" })
      assert.strictEqual((yield* Fiber.join(running)).responseId, "two")
      assert.isTrue(one.calls[0]?.isAborted)
    })
  )

  it.effect("keeps for a failover whom its budget has nothing left to ask", () =>
    Effect.gen(function* () {
      const { healthOf, model, one, two } = yield* racing({ budget: 0, burst: 1 }, { retry: { attempts: 2 } })
      const spend = yield* Effect.forkChild(model.complete(ask("Hi")), { startImmediately: true })
      yield* TestClock.adjust(1_000)
      yield* two.end(0)
      yield* Fiber.join(spend)
      const running = yield* Effect.forkChild(model.complete(ask("Hi")), { startImmediately: true })
      yield* TestClock.adjust(60_000)
      assert.strictEqual(two.calls.length, 1, "there is no budget for it")
      yield* one.fail(1)
      yield* TestClock.adjust(1)
      yield* two.end(1, { ...fine, responseId: "two" })
      assert.strictEqual((yield* Fiber.join(running)).responseId, "two")
      assert.deepInclude(yield* healthOf("two/m"), { hedges: 1, fallbacks: 1 })
    })
  )

  it.effect("has one budget, whoever asks it, also for those who may ask some of its targets only", () =>
    Effect.gen(function* () {
      const { model, one, providers, two } = yield* racing({ budget: 0, burst: 1 })
      const narrowed = yield* providers.resolve("best", () => true)
      for (const [n, asked] of [model, narrowed].entries()) {
        const running = yield* Effect.forkChild(asked.complete(ask("Hi")), { startImmediately: true })
        // The second waits for a p95 that the first has made.
        yield* TestClock.adjust(1_000 + n * 4_000)
        yield* one.end(n)
        yield* Fiber.join(running)
      }
      assert.strictEqual(two.calls.length, 1)
    })
  )

  it.live("accounts what the slower one used, with what it costs", () =>
    Effect.gen(function* () {
      const { model, one, two } = yield* world({ hedge: { minMs: 1, defaultMs: 1 } })
      one.enqueue(answer("Slow", { holdAfter: 0, usageInChunks: true, usage: { inputTokens: 40 } }))
      two.enqueue(answer("Fast answer", { holdAfter: 0, usage: { inputTokens: 20, outputTokens: 3 } }))
      const ledger = new Ledger()
      const running = yield* Effect.forkChild(
        model.stream(ask("Hi"), () => {}, { ledger }),
        { startImmediately: true }
      )
      const other = yield* two.received(0)
      while ((yield* ledger.attempts(false))[0]?.usage.inputTokens !== 40) yield* immediate
      other.release()
      const { attempts = [], usage } = yield* Fiber.join(running)
      yield* (yield* one.received(0)).aborted
      assert.deepStrictEqual(
        attempts.map(({ failure, target, usage }) => [
          target,
          failure,
          usage.inputTokens,
          usage.outputTokens,
          usage.costNanoDollars
        ]),
        [
          ["one/m", "Slower", 40, 0, 40 * 1_000],
          ["two/m", undefined, 20, 3, (20 + 3 * 10) * 1_000]
        ]
      )
      assert.strictEqual(usage.costNanoDollars, (40 + 20 + 3 * 10) * 1_000)
    })
  )

  it.effect("counts what the slower one used while the other still speaks", () =>
    Effect.gen(function* () {
      const [one, two] = [makeHeld("one"), makeHeld("two")]
      const isCounted = yield* Deferred.make<Usage>()
      let counts = 0
      const count = Effect.suspend(() => {
        counts++
        return Deferred.await(isCounted)
      })
      const targets = [one, two].map(({ provider }): RouteTarget => {
        const target = targetOf(provider.id)
        return {
          ...target,
          tokens: { ...target.tokens, settlePartial: () => count },
          stream: (request, sink, options) =>
            Effect.suspend(() => {
              options.began?.()
              return provider.stream(request, sink)
            })
        }
      })
      const router = makeRouter("best", { targets: [], hedge: { defaultMs: 1_000 } }, targets)
      const running = yield* Effect.forkChild(
        router.stream(ask("Hi"), () => {}),
        { startImmediately: true }
      )
      yield* TestClock.adjust(1_000)
      two.say(0, text("fast"))
      yield* TestClock.adjust(1)
      assert.strictEqual(counts, 1, "before the winner ends")
      yield* Deferred.succeed(isCounted, { ...fine.usage, inputTokens: 7 })
      yield* two.end(0)
      assert.strictEqual((yield* Fiber.join(running)).attempts?.[0]?.usage.inputTokens, 7)
      assert.strictEqual(counts, 1)
    })
  )
})

/** Gives the sockets their turn. */
const immediate = Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve)))
