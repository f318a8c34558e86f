import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Schema } from "effect"
import { afterEach, vi } from "vitest"
import { TestClock } from "effect/testing"
import type { ModelEvent } from "@parley/domain/ModelEvent"
import type { ModelProvider } from "@parley/domain/ModelProvider"
import { ProviderFailed, ProviderUnreachable } from "@parley/domain/ProviderError"
import { LatencyHistogram } from "../../src/circuit/LatencyHistogram.ts"
import { TargetStatistics } from "../../src/circuit/TargetStatistics.ts"
import { Targets } from "../../src/circuit/Targets.ts"
import { defaultLimits } from "../../src/ProviderLimits.ts"
import { providersOf } from "../support/model.ts"
import { ask } from "../support/requests.ts"
import { fine, makeFake } from "./fakes.ts"

const fields = { provider: "one", model: "m", message: "as the test says" }
const Ms = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 100_000 }))

describe("a histogram of latencies", () => {
  it.prop(
    "tells a percentile that is never too short, and at most a tenth too long",
    [Schema.Array(Ms).check(Schema.isMinLength(1), Schema.isMaxLength(200))],
    ([times]) => {
      const histogram = new LatencyHistogram()
      for (const ms of times) histogram.record(0, ms)
      const sorted = times.toSorted((a, b) => a - b)
      for (const part of [0.5, 0.95]) {
        const exact = sorted[Math.ceil(times.length * part) - 1] ?? Number.NaN
        const told = histogram.percentile(part) ?? Number.NaN
        assert.isAtLeast(told, exact)
        assert.isAtMost(told, Math.ceil(exact * 1.1) + 1)
      }
    }
  )

  it("forgets a slot, and tells nothing of nothing", () => {
    const histogram = new LatencyHistogram()
    assert.isUndefined(histogram.percentile(0.5))
    histogram.record(1, 10)
    histogram.record(2, 1_000)
    histogram.clear(2)
    assert.deepStrictEqual([histogram.count, histogram.percentile(0.95)], [1, 11])
  })
})

describe("a target's statistics", () => {
  it("are of the last minute", () => {
    const statistics = new TargetStatistics(60_000)
    statistics.spoke(0, 100)
    statistics.answered(0, 200, false)
    statistics.failedWith(30_000, new ProviderFailed(fields))
    statistics.wrote(30_000, 500, 10_000)
    const { failed, succeeded, tokensPerSecond, wholeP50Ms } = statistics.recent(30_000)
    assert.deepStrictEqual([succeeded, failed, tokensPerSecond], [1, 1, 50])
    assert.isAtLeast(wholeP50Ms ?? 0, 200)
    assert.deepStrictEqual(
      [statistics.recent(69_000).succeeded, statistics.recent(69_000).failed, statistics.firstTokenMs(69_000, 0.5)],
      [0, 1, undefined]
    )
    assert.deepStrictEqual(
      [statistics.recent(1_000_000).failed, statistics.failed, statistics.failures.ProviderFailed],
      [0, 1, 1]
    )
  })
})

it.effect("a stream is timed to its first token, and tells who speaks", () =>
  Effect.gen(function* () {
    const says: ReadonlyArray<ModelEvent> = [{ type: "text-delta", text: "Hello" }]
    const control = { pause: () => {}, resume: () => {} }
    const provider: ModelProvider = {
      ...makeFake("one").provider,
      stream: (_request, sink) =>
        Effect.gen(function* () {
          yield* Effect.sleep(300)
          sink([{ type: "text-delta", text: "" }], control)
          yield* Effect.sleep(100)
          sink(says, control)
          yield* Effect.sleep(2_000)
          return { ...fine, usage: { ...fine.usage, outputTokens: 100 } }
        })
    }
    const providers = yield* providersOf({ extra: [provider] })
    const model = yield* providers.resolve("one/m")
    const told: Array<string | undefined> = []
    const running = yield* Effect.forkChild(model.stream(ask("Hello"), (_events, { target }) => told.push(target)))
    yield* TestClock.adjust(3_000)
    yield* Fiber.join(running)
    const recent = (yield* providers.health)[0]?.recent
    assert.isAtLeast(recent?.firstTokenP50Ms ?? 0, 400)
    assert.isAtMost(recent?.firstTokenP50Ms ?? 0, 440)
    assert.strictEqual(recent?.tokensPerSecond, 50)
    assert.deepStrictEqual(told, ["one/m", "one/m"])
  })
)

afterEach(() => vi.restoreAllMocks())

describe("the time that a circuit stays open", () => {
  it.effect.each([
    [0, 10_000],
    [0.5, 9_000],
    [1, 8_000]
  ] as const)("is shorter by a part that chance decides: at %d of it, %d ms", ([chance, openMs]) =>
    Effect.gen(function* () {
      vi.spyOn(Math, "random").mockReturnValue(chance)
      const one = makeFake("one")
      const limits = { breakerFailures: 1, openMs: 10_000, openJitter: 0.2 }
      const providers = yield* providersOf({ extra: [one.provider], limits })
      one.does(Effect.fail(new ProviderUnreachable(fields)))
      yield* Effect.flip((yield* providers.resolve("one/m")).complete(ask("Hello")))
      assert.deepInclude((yield* providers.health)[0], { state: "open", retryAfterMs: openMs })
    })
  )
})

describe("the look at a provider", () => {
  const limits = { breakerFailures: 1, openMs: 10_000, openJitter: 0, probeEveryMs: 20_000 }

  it.effect("keeps an open circuit open while the provider cannot be reached, and leaves closing it to a call", () =>
    Effect.gen(function* () {
      const one = makeFake("one")
      const providers = yield* providersOf({ extra: [one.provider], limits })
      const call = (yield* providers.resolve("one/m")).complete(ask("Hello"))
      const away = new ProviderUnreachable(fields)
      one.does(Effect.fail(away))
      one.lists(Effect.fail(away))
      yield* Effect.flip(call)
      yield* TestClock.adjust(20_000)
      const health = (yield* providers.health)[0]
      assert.deepInclude(health, { state: "open", retryAfterMs: 20_000, probe: { atMs: 20_000, isReachable: false } })
      assert.strictEqual((yield* Effect.flip(call))._tag, "ProviderUnavailable")
      one.lists(Effect.succeed([]))
      one.does(Effect.succeed(fine))
      yield* TestClock.adjust(20_000)
      assert.deepInclude((yield* providers.health)[0], { state: "open", probe: { atMs: 40_000, isReachable: true } })
      yield* call
      assert.deepInclude((yield* providers.health)[0], {
        state: "closed",
        transitions: { opened: 2, halfOpened: 2, closed: 1 }
      })
      assert.strictEqual(one.calls(), 2)
    })
  )

  it.effect("opens it again for a time that chance shortens, as a call that fails does", () =>
    Effect.gen(function* () {
      vi.spyOn(Math, "random").mockReturnValue(1)
      const one = makeFake("one")
      const providers = yield* providersOf({ extra: [one.provider], limits: { ...limits, openJitter: 0.2 } })
      const away = Effect.fail(new ProviderUnreachable(fields))
      one.does(away)
      one.lists(away)
      yield* Effect.flip((yield* providers.resolve("one/m")).complete(ask("Hello")))
      yield* TestClock.adjust(20_000)
      assert.deepInclude((yield* providers.health)[0], { state: "open", retryAfterMs: 16_000 })
    })
  )

  it.effect("is taken of idle providers alone, and of none that nobody called", () =>
    Effect.gen(function* () {
      const [one, two] = [makeFake("one"), makeFake("two")]
      const providers = yield* providersOf({ extra: [one.provider, two.provider], limits })
      const call = (yield* providers.resolve("one/m")).complete(ask("Hello"))
      for (let asked = 0; asked < 4; asked++) {
        yield* call
        yield* TestClock.adjust(15_000)
      }
      assert.strictEqual(one.listed(), 0)
      yield* TestClock.adjust(20_000)
      assert.deepStrictEqual([one.listed(), two.listed()], [1, 0])
    })
  )
})

it.effect("a circuit that goes by its rate of failures opens at that rate, successes between them or not", () =>
  Effect.gen(function* () {
    const one = makeFake("one")
    const limits = { breakerRate: 0.5, breakerRateCalls: 10, breakerRateMinCalls: 4, openJitter: 0 }
    const providers = yield* providersOf({ extra: [one.provider], limits })
    const call = (yield* providers.resolve("one/m")).complete(ask("Hello"))
    for (const isWell of [true, false, true]) {
      one.does(isWell ? Effect.succeed(fine) : Effect.fail(new ProviderFailed(fields)))
      yield* Effect.exit(call)
    }
    assert.strictEqual((yield* providers.health)[0]?.state, "closed")
    one.does(Effect.fail(new ProviderFailed(fields)))
    yield* Effect.exit(call)
    assert.strictEqual((yield* providers.health)[0]?.state, "open")
  })
)

it("targets are bounded: one that never answered makes room first, then the one unused for longest", () => {
  const source = { id: "one", isDemo: false, make: Effect.succeed(makeFake("one").provider) }
  const targets = new Targets([source], { ...defaultLimits, maxTargets: 3 })
  const use = (model: string, nowMs: number) => targets.used({ provider: "one", model }, nowMs)
  use("a", 1).statistics.succeeded++
  use("b", 2).statistics.succeeded++
  use("nonsense", 3)
  use("c", 4).statistics.succeeded++
  use("d", 5)
  assert.deepStrictEqual(
    targets.all().map(({ model }) => model),
    ["b", "c", "d"]
  )
})
