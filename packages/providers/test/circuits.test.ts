import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Layer, Logger, References } from "effect"
import { CircuitBreaker } from "effect/persistence"
import { TestClock } from "effect/testing"
import type { ModelAnswer } from "@parley/domain/ModelEvent"
import {
  ProviderFailed,
  ProviderModelNotFound,
  ProviderRateLimited,
  ProviderRejected,
  ProviderTimeout,
  ProviderTruncated,
  ProviderUnauthorized,
  ProviderUnavailable,
  ProviderUnreachable
} from "@parley/domain/ProviderError"
import type { ProviderError } from "@parley/domain/ProviderError"
import type { ProviderSource } from "../src/circuit/ProviderCircuit.ts"
import { ProviderCircuits } from "../src/circuit/ProviderCircuits.ts"
import { defaultLimits } from "../src/ProviderLimits.ts"
import { Providers } from "../src/Providers.ts"
import { fine, makeFake } from "./circuit/fakes.ts"
import { ask } from "./support/requests.ts"
import { failing, fields, tagOf, twoTargets } from "./circuit/twoTargets.ts"

describe("a circuit", () => {
  it.effect("opens after five failures in a row, refuses with the time to wait, and leaves the other targets alone", () =>
    Effect.gen(function* () {
      const { callOne, callTwo, healthOne, one } = yield* twoTargets()
      one.does(failing)
      for (let call = 0; call < 5; call++) assert.strictEqual(yield* tagOf(callOne), "ProviderFailed")
      const refused = yield* Effect.flip(callOne)
      assert.strictEqual(refused._tag, "ProviderUnavailable")
      assert.strictEqual(refused.retryAfterMs, defaultLimits.openMs)
      assert.strictEqual(one.calls(), 5)
      assert.deepInclude(yield* healthOne, {
        target: "one/m",
        state: "open",
        failed: 5,
        inFlight: 0,
        retryAfterMs: defaultLimits.openMs,
        lastFailure: "ProviderFailed: as the test says"
      })
      assert.deepStrictEqual(yield* callTwo, fine)
    })
  )

  it.effect("does not open when a success comes between", () =>
    Effect.gen(function* () {
      const { callOne, one } = yield* twoTargets()
      for (let round = 0; round < 3; round++) {
        one.does(failing)
        for (let call = 0; call < 4; call++) yield* tagOf(callOne)
        one.does(Effect.succeed(fine))
        yield* callOne
      }
      assert.strictEqual(one.calls(), 15)
    })
  )

  it.effect("that is well opens at the fifth failure in a row of calls that were under way together", () =>
    Effect.gen(function* () {
      const { callOne, healthOne, one } = yield* twoTargets()
      yield* callOne
      const failed = yield* Deferred.make<ModelAnswer, ProviderError>()
      one.does(Deferred.await(failed))
      const running = yield* Effect.all(
        Array.from({ length: 5 }, () => Effect.forkChild(tagOf(callOne), { startImmediately: true }))
      )
      yield* Deferred.fail(failed, new ProviderFailed(fields))
      assert.deepStrictEqual(
        yield* Fiber.joinAll(running),
        Array.from({ length: 5 }, () => "ProviderFailed")
      )
      assert.deepInclude(yield* healthOne, { state: "open", retryAfterMs: defaultLimits.openMs, failed: 5, inFlight: 0 })
      assert.strictEqual(yield* tagOf(callOne), "ProviderUnavailable")
    })
  )

  it.effect("that is well hears of a success among failures, though it was asked for before them", () =>
    Effect.gen(function* () {
      const { callOne, healthOne, one } = yield* twoTargets()
      yield* callOne
      for (let round = 0; round < 3; round++) {
        const answered = yield* Deferred.make<ModelAnswer>()
        one.does(Deferred.await(answered))
        const running = yield* Effect.forkChild(callOne, { startImmediately: true })
        one.does(failing)
        for (let call = 0; call < 4; call++) yield* tagOf(callOne)
        yield* Deferred.succeed(answered, fine)
        yield* Fiber.join(running)
      }
      assert.deepInclude(yield* healthOne, { state: "closed", failed: 12 })
    })
  )

  it.effect("that is well and is interrupted stays well", () =>
    Effect.gen(function* () {
      const { callOne, healthOne, one } = yield* twoTargets({ breakerFailures: 1 })
      yield* callOne
      one.does(Effect.never)
      yield* Fiber.interrupt(yield* Effect.forkChild(callOne, { startImmediately: true }))
      assert.deepInclude(yield* healthOne, { state: "closed", inFlight: 0 })
    })
  )

  it.effect("lets one call through as a probe once it was open long enough, and closes when that succeeds", () =>
    Effect.gen(function* () {
      const { callOne, healthOne, one } = yield* twoTargets()
      one.does(failing)
      for (let call = 0; call < 5; call++) yield* tagOf(callOne)
      yield* TestClock.adjust(defaultLimits.openMs)
      const answered = yield* Deferred.make<ModelAnswer>()
      one.does(Deferred.await(answered))
      const probe = yield* Effect.forkChild(callOne, { startImmediately: true })
      assert.deepInclude(yield* healthOne, { state: "half-open", inFlight: 1 })
      const refused = yield* Effect.flip(callOne)
      assert.strictEqual(refused._tag, "ProviderUnavailable")
      assert.strictEqual(refused.retryAfterMs, defaultLimits.retryHintMs)
      yield* Deferred.succeed(answered, fine)
      yield* Fiber.join(probe)
      assert.deepInclude(yield* healthOne, { state: "closed", succeeded: 1 })
      yield* callOne
    })
  )

  it.effect("stays open for longer each time that its probe fails, up to a bound", () =>
    Effect.gen(function* () {
      const { callOne, one } = yield* twoTargets()
      one.does(failing)
      for (let call = 0; call < 5; call++) yield* tagOf(callOne)
      const waits: Array<number> = []
      for (let probe = 0; probe < 6; probe++) {
        const { retryAfterMs = 0 } = yield* Effect.flip(callOne)
        waits.push(retryAfterMs)
        yield* TestClock.adjust(retryAfterMs)
        assert.strictEqual(yield* tagOf(callOne), "ProviderFailed")
      }
      assert.deepStrictEqual(waits, [5_000, 10_000, 20_000, 40_000, 60_000, 60_000])
    })
  )

  it.effect("is freed for another probe when its probe is interrupted", () =>
    Effect.gen(function* () {
      const { callOne, one } = yield* twoTargets()
      one.does(failing)
      for (let call = 0; call < 5; call++) yield* tagOf(callOne)
      yield* TestClock.adjust(defaultLimits.openMs)
      one.does(Effect.never)
      yield* Fiber.interrupt(yield* Effect.forkChild(callOne, { startImmediately: true }))
      one.does(Effect.succeed(fine))
      assert.deepStrictEqual(yield* callOne, fine)
    })
  )

  const counted: ReadonlyArray<readonly [error: ProviderError, opens: boolean]> = [
    [new ProviderFailed(fields), true],
    [new ProviderUnreachable(fields), true],
    [new ProviderTruncated(fields), true],
    [new ProviderTimeout(fields), true],
    [new ProviderRejected(fields), false],
    [new ProviderModelNotFound(fields), false],
    [new ProviderUnauthorized(fields), true],
    [new ProviderRateLimited(fields), false],
    [new ProviderUnavailable(fields), false]
  ]
  it.effect.each(counted)("is opened by what speaks of the target's health alone: %s", ([error, opens]) =>
    Effect.gen(function* () {
      const { callOne, healthOne, one } = yield* twoTargets()
      one.does(Effect.fail(error))
      for (let call = 0; call < 6; call++) yield* tagOf(callOne)
      assert.strictEqual((yield* healthOne).state, opens ? "open" : "closed")
    })
  )

  it.effect("holds no more calls than its bound, and refuses the next at once", () =>
    Effect.gen(function* () {
      const { callOne, callTwo, healthOne, one } = yield* twoTargets({ maxConcurrent: 2 })
      one.does(Effect.never)
      const first = yield* Effect.forkChild(callOne, { startImmediately: true })
      yield* Effect.forkChild(callOne, { startImmediately: true })
      const refused = yield* Effect.flip(callOne)
      assert.strictEqual(refused._tag, "ProviderUnavailable")
      assert.strictEqual(refused.retryAfterMs, defaultLimits.retryHintMs)
      assert.deepInclude(yield* healthOne, { inFlight: 2, maxConcurrent: 2, state: "closed" })
      assert.deepStrictEqual(yield* callTwo, fine)
      yield* Fiber.interrupt(first)
      one.does(Effect.succeed(fine))
      assert.deepStrictEqual(yield* callOne, fine)
    })
  )
})

describe("a circuit that has a defect", () => {
  /** The log as lines of text with their annotations. */
  const logged = () => {
    const lines: Array<string> = []
    const logger = Logger.make(({ cause, fiber, message }) => {
      const annotations = fiber.getRef(References.CurrentLogAnnotations)
      lines.push(`${String(message)} ${JSON.stringify(annotations)} ${String(cause.reasons[0])}`)
    })
    return { lines, layer: Logger.layer([logger]) }
  }

  it.effect("is logged with its id, starts again under its own backoff, and the others answer on", () => {
    const { layer, lines } = logged()
    return Effect.gen(function* () {
      const { callOne, callTwo, healthOne, one } = yield* twoTargets()
      one.does(Effect.die(new Error("a bug of ours")))
      const error = yield* Effect.flip(callOne)
      assert.strictEqual(error._tag, "ProviderFailed")
      assert.notInclude(error.message, "a bug of ours")
      assert.lengthOf(lines, 1)
      assert.include(lines[0], '"circuit":"one/m"')
      assert.include(lines[0], "a bug of ours")

      const restarting = yield* Effect.flip(callOne)
      assert.strictEqual(restarting._tag, "ProviderUnavailable")
      assert.strictEqual(restarting.retryAfterMs, defaultLimits.restartMs)
      assert.deepStrictEqual(yield* callTwo, fine)

      one.does(Effect.succeed(fine))
      yield* TestClock.adjust(defaultLimits.restartMs)
      assert.deepStrictEqual(yield* callOne, fine)
      assert.deepInclude(yield* healthOne, { restarts: 1, inFlight: 0 })
    }).pipe(Effect.provide(layer))
  })

  it.effect("waits longer after each defect, and forgets them after a quiet time", () =>
    Effect.gen(function* () {
      const { callOne, healthOne, one } = yield* twoTargets({ breakerFailures: 1_000 })
      const broken = Effect.die(new Error("a bug of ours"))
      const waits: Array<number> = []
      for (let defect = 0; defect < 4; defect++) {
        one.does(broken)
        yield* tagOf(callOne)
        const { retryAfterMs = 0 } = yield* Effect.flip(callOne)
        waits.push(retryAfterMs)
        yield* TestClock.adjust(retryAfterMs)
      }
      yield* TestClock.adjust(defaultLimits.maxRestartMs * 2)
      yield* tagOf(callOne)
      waits.push((yield* Effect.flip(callOne)).retryAfterMs ?? 0)
      assert.deepStrictEqual(waits, [100, 200, 400, 800, 100])
      assert.strictEqual((yield* healthOne).restarts, 5)
    }).pipe(Effect.provide(Logger.layer([])))
  )

  it.effect("lets calls that run in it already go on", () =>
    Effect.gen(function* () {
      const { callOne, one } = yield* twoTargets()
      const answered = yield* Deferred.make<ModelAnswer>()
      one.does(Deferred.await(answered))
      const running = yield* Effect.forkChild(callOne, { startImmediately: true })
      one.does(Effect.die(new Error("a bug of ours")))
      yield* tagOf(callOne)
      yield* Deferred.succeed(answered, fine)
      assert.deepStrictEqual(yield* Fiber.join(running), fine)
    }).pipe(Effect.provide(Logger.layer([])))
  )

  it.effect("is replaced once, however many of its calls meet the defect", () =>
    Effect.gen(function* () {
      const { callOne, healthOne, one } = yield* twoTargets()
      const broken = yield* Deferred.make<ModelAnswer>()
      one.does(Deferred.await(broken))
      const running = yield* Effect.all([Effect.forkChild(tagOf(callOne)), Effect.forkChild(tagOf(callOne))])
      yield* Effect.yieldNow
      yield* Deferred.die(broken, new Error("a bug of ours"))
      assert.deepStrictEqual(yield* Fiber.joinAll(running), ["ProviderFailed", "ProviderFailed"])
      assert.strictEqual((yield* healthOne).restarts, 1)
    }).pipe(Effect.provide(Logger.layer([])))
  )

  it.effect("is not one whose caller's sink threw", () =>
    Effect.gen(function* () {
      const { callOne, healthOne, modelOne } = yield* twoTargets({ breakerFailures: 1 })
      const exit = yield* Effect.exit(
        modelOne.stream(ask("Hello"), () => {
          throw new Error("the sink's own fault")
        })
      )
      assert.isTrue(Exit.isFailure(exit))
      assert.deepInclude(yield* healthOne, { restarts: 0, state: "closed", inFlight: 0 })
      assert.deepStrictEqual(yield* callOne, fine)
    })
  )
})

it.effect("a circuit that cannot be built is tried again after its backoff", () =>
  Effect.gen(function* () {
    let broken = true
    const source: ProviderSource = {
      id: "one",
      isDemo: false,
      make: Effect.suspend(() => (broken ? Effect.die(new Error("a bug of ours")) : Effect.succeed(makeFake("one").provider)))
    }
    const layer = Layer.provide(ProviderCircuits.layer([source], defaultLimits), CircuitBreaker.layerStoreMemory())
    const context = yield* Layer.build(layer)
    const call = Effect.provide(
      Effect.flatMap(ProviderCircuits, (circuits) => circuits.complete({ provider: "one", model: "m" }, ask("Hello"))),
      context
    )
    assert.strictEqual(yield* tagOf(call), "ProviderFailed")
    broken = false
    assert.strictEqual(yield* tagOf(call), "ProviderUnavailable")
    yield* TestClock.adjust(defaultLimits.restartMs)
    assert.deepStrictEqual(yield* call, fine)
  }).pipe(Effect.provide(Logger.layer([])))
)

it.effect("a provider's own limits are its breaker's, also for how long a look that cannot reach it keeps its circuit open", () =>
  Effect.gen(function* () {
    const one = makeFake("one")
    const limits = { ...defaultLimits, breakerFailures: 2, openMs: 7_000, openJitter: 0 }
    const source: ProviderSource = { id: "one", isDemo: false, make: Effect.succeed(one.provider), limits }
    const layer = Layer.provide(
      ProviderCircuits.layer([source], { ...defaultLimits, probeEveryMs: 20_000 }),
      CircuitBreaker.layerStoreMemory()
    )
    const context = yield* Layer.build(layer)
    const circuits = yield* Effect.provide(ProviderCircuits, context)
    one.does(failing)
    one.lists(failing)
    for (let call = 0; call < 2; call++) {
      yield* Effect.exit(circuits.complete({ provider: "one", model: "m" }, ask("Hello")))
    }
    assert.deepInclude((yield* circuits.health)[0], { state: "open", retryAfterMs: 7_000 })
    yield* TestClock.adjust(20_000)
    assert.deepInclude((yield* circuits.health)[0], { state: "open", retryAfterMs: 14_000 })
  }).pipe(Effect.provide(Logger.layer([])))
)

it.effect(
  "a look marks the target alone whose model is no longer in its provider's list, until a minute after it last was not",
  () =>
    Effect.gen(function* () {
      const one = makeFake("one")
      const source: ProviderSource = { id: "one", isDemo: false, make: Effect.succeed(one.provider) }
      const limits = { ...defaultLimits, probeEveryMs: 20_000, modelMissingMs: 60_000 }
      const layer = Layer.provide(ProviderCircuits.layer([source], limits), CircuitBreaker.layerStoreMemory())
      const circuits = yield* Effect.provide(ProviderCircuits, yield* Layer.build(layer))
      const lists = (...models: ReadonlyArray<string>) =>
        one.lists(
          Effect.succeed(
            models.map((model) => ({ id: `one/${model}`, provider: "one", model, kind: "chat", createdAtSeconds: 0 }) as const)
          )
        )
      const all = ["m", "n", "deployment"]
      const missing = () =>
        Effect.map(circuits.health, (targets) => targets.filter(({ missingMs }) => missingMs > 0).map(({ model }) => model))
      for (const model of all) yield* circuits.complete({ provider: "one", model }, ask("Hello"))
      lists("m", "n")
      yield* TestClock.adjust(20_000)
      assert.strictEqual(one.listed(), 1, "one look for all targets of the provider")
      assert.deepStrictEqual(yield* missing(), [])
      lists()
      yield* TestClock.adjust(20_000)
      assert.deepStrictEqual(yield* missing(), [], "an empty list tells nothing")
      lists("n")
      yield* TestClock.adjust(20_000)
      assert.deepStrictEqual(yield* missing(), ["m"])
      const states = (yield* circuits.health).map(({ state }) => state)
      assert.deepStrictEqual(states, ["closed", "closed", "closed"], "which opens no circuit")
      lists("m", "n")
      yield* TestClock.adjust(80_000)
      assert.deepStrictEqual(yield* missing(), [])
    })
)

it.effect("circuits that idle are closed down, and come back when they are called", () =>
  Effect.gen(function* () {
    const { callOne } = yield* twoTargets()
    yield* callOne
    yield* TestClock.adjust(defaultLimits.circuitIdleMs + 1)
    assert.deepStrictEqual(yield* callOne, fine)
  })
)

it.effect("an address that is none is found when the program starts", () =>
  Effect.gen(function* () {
    const exit = yield* Effect.exit(Layer.build(Providers.layer({ llama: { baseUrl: "ftp://example.com" } })))
    assert.isTrue(Exit.isFailure(exit) && String(exit.cause).includes("llama"))
  })
)
