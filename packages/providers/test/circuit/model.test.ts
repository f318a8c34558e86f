/** Whatever happens to a target, in whatever order, its circuit is where a model of a dozen lines says it is. */
import { assert, it } from "@effect/vitest"
import { Clock, Deferred, Effect, Fiber, Schema } from "effect"
import { TestClock } from "effect/testing"
import type { ModelAnswer } from "@parley/domain/ModelEvent"
import { ProviderFailed, ProviderRateLimited, ProviderRejected } from "@parley/domain/ProviderError"
import type { ProviderError } from "@parley/domain/ProviderError"
import type { ProviderLimits } from "../../src/ProviderLimits.ts"
import { providersOf } from "../support/model.ts"
import { ask } from "../support/requests.ts"
import { fine, makeFake } from "./fakes.ts"

const fields = { provider: "one", model: "m", message: "as the test says" }
const limits = {
  openMs: 1_000,
  maxOpenMs: 4_000,
  openJitter: 0,
  maxHoldMs: 10_000,
  probeEveryMs: 0,
  minConcurrent: 100
}

const Command = Schema.Union([
  Schema.Struct({ type: Schema.Literals(["succeed", "fail", "reject", "interrupt", "begin"]) }),
  Schema.Struct({ type: Schema.Literal("end"), well: Schema.Boolean }),
  Schema.Struct({ type: Schema.Literal("hold"), ms: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 12_000 })) }),
  Schema.Struct({ type: Schema.Literal("wait"), ms: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 5_000 })) })
])

/** By what a closed circuit opens: the settings, and what they mean of the outcomes since it closed, true for a failure. */
interface Policy {
  readonly name: string
  readonly limits: Partial<ProviderLimits>
  readonly trips: (failures: ReadonlyArray<boolean>) => boolean
}

const policies: ReadonlyArray<Policy> = [
  {
    name: "failures in a row",
    limits: { breakerFailures: 3 },
    trips: (failures) => failures.length >= 3 && failures.slice(-3).every((failed) => failed)
  },
  {
    name: "the part of failures among the last calls",
    limits: { breakerFailures: 1, breakerRate: 0.5, breakerRateCalls: 6, breakerRateMinCalls: 4 },
    trips: (failures) => {
      const last = failures.slice(-6)
      return last.length >= 4 && last.filter((failed) => failed).length / last.length >= 0.5
    }
  }
]

/** The reference: what a breaker is, said without a store, a cache or a clock of its own. */
class Reference {
  state: "closed" | "open" | "half-open" = "closed"
  failures: ReadonlyArray<boolean> = []
  openings = 0
  openForMs = 0
  openUntilMs = 0
  resetAtMs = 0
  heldUntilMs = 0
  /** Changes with each opening and closing: a call that began before it changes nothing any more. */
  generation = 0
  readonly trips: Policy["trips"]

  constructor(trips: Policy["trips"]) {
    this.trips = trips
  }

  /** What becomes of a call that begins now. */
  begin(nowMs: number): "goes" | "held" | "refused" {
    if (nowMs < this.heldUntilMs) return "held"
    if (this.state === "half-open") return "refused"
    if (this.state === "open") {
      if (nowMs < this.openUntilMs) return "refused"
      this.state = "half-open"
      this.generation++
    }
    return "goes"
  }

  end(outcome: "success" | "failure" | "ignored", generation: number, nowMs: number): void {
    if (generation !== this.generation) return
    if (this.state === "half-open") {
      if (outcome === "ignored") {
        // Its place is free for another, now.
        this.state = "open"
        this.openUntilMs = nowMs
      } else if (outcome === "success") {
        this.state = "closed"
        this.generation++
        this.failures = []
        this.resetAtMs = nowMs + this.openForMs
      } else this.open(nowMs)
      return
    }
    if (outcome === "ignored") return
    this.failures = [...this.failures, outcome === "failure"]
    // What is recorded decides, also a success that is the least of calls which say something.
    if (this.trips(this.failures)) this.open(nowMs)
  }

  private open(nowMs: number): void {
    this.state = "open"
    this.generation++
    this.failures = []
    this.openForMs = Math.min(limits.openMs * 2 ** this.openings, limits.maxOpenMs)
    this.openings++
    this.openUntilMs = nowMs + this.openForMs
  }
}

const outcomes = { succeed: "success", fail: "failure", reject: "success", interrupt: "ignored", hold: "ignored" } as const

for (const policy of policies)
  it.effect.prop(
    `a circuit that goes by ${policy.name} does what the reference does`,
    [Schema.Array(Command).check(Schema.isMaxLength(60))],
    ([commands]) =>
      Effect.gen(function* () {
        const fake = makeFake("one")
        const providers = yield* providersOf({ extra: [fake.provider], limits: { ...limits, ...policy.limits } })
        const model = yield* providers.resolve("one/m")
        const reference = new Reference(policy.trips)
        let nowMs = yield* Clock.currentTimeMillis
        let running:
          | { fiber: Fiber.Fiber<unknown, ProviderError>; end: Deferred.Deferred<ModelAnswer, ProviderError>; generation: number }
          | undefined

        const endRunning = Effect.fnUntraced(function* (well: boolean) {
          if (running === undefined) return
          yield* well ? Deferred.succeed(running.end, fine) : Deferred.fail(running.end, new ProviderFailed(fields))
          yield* Effect.exit(Fiber.join(running.fiber))
          reference.end(well ? "success" : "failure", running.generation, nowMs)
          running = undefined
        })

        for (const command of commands) {
          if (command.type === "wait") {
            nowMs += command.ms
            yield* TestClock.adjust(command.ms)
            continue
          }
          if (command.type === "end") {
            yield* endRunning(command.well)
            continue
          }
          if (command.type === "begin" && running !== undefined) continue
          // The first call of a circuit that has stayed closed for as long as it was open forgets that it was.
          if (reference.state === "closed" && reference.openings > 0 && nowMs >= reference.resetAtMs) reference.openings = 0
          const expected = reference.begin(nowMs)
          const { generation } = reference
          const before = fake.calls()
          const end = yield* Deferred.make<ModelAnswer, ProviderError>()
          fake.does(
            command.type === "succeed"
              ? Effect.succeed(fine)
              : command.type === "fail"
                ? Effect.fail(new ProviderFailed(fields))
                : command.type === "reject"
                  ? Effect.fail(new ProviderRejected(fields))
                  : command.type === "hold"
                    ? Effect.fail(new ProviderRateLimited({ ...fields, retryAfterMs: command.ms }))
                    : Deferred.await(end)
          )
          const fiber = yield* Effect.forkChild(model.complete(ask("Hello")), { startImmediately: true })
          assert.strictEqual(fake.calls() - before, expected === "goes" ? 1 : 0, `${command.type} ${expected}`)
          if (expected !== "goes") {
            const error = yield* Effect.flip(Fiber.join(fiber))
            assert.strictEqual(error._tag, expected === "held" ? "ProviderRateLimited" : "ProviderUnavailable")
            if (expected === "held") assert.strictEqual(error.retryAfterMs, reference.heldUntilMs - nowMs)
            else if (reference.state === "open") assert.strictEqual(error.retryAfterMs, reference.openUntilMs - nowMs)
            continue
          }
          if (command.type === "begin") {
            running = { fiber, end, generation }
            continue
          }
          if (command.type === "interrupt") yield* Fiber.interrupt(fiber)
          else yield* Effect.exit(Fiber.join(fiber))
          if (command.type === "hold") reference.heldUntilMs = nowMs + Math.min(command.ms, limits.maxHoldMs)
          reference.end(outcomes[command.type], generation, nowMs)
        }
        yield* endRunning(true)
        const health = (yield* providers.health)[0]
        assert.strictEqual(health?.inFlight ?? 0, 0)
      }),
    { arbitrary: { runs: 300, concurrency: 1, seed: 1 } }
  )
