/** When a request calls again: waits at random, doubled and bounded, none beyond the deadline; and the order by latency, which the same targets tell. */
import { assert, describe, it } from "@effect/vitest"
import { ProviderFailed, ProviderRejected } from "@parley/domain/ProviderError"
import { orderTargets } from "../../src/routing/orderTargets.ts"
import { Plan } from "../../src/routing/Plan.ts"
import { targetOf } from "./targetOf.ts"

const failed = new ProviderFailed({ provider: "one", model: "m", message: "no" })

/** What a request waits whose one target always fails. */
const waitsOf = (random: number, deadlineMs: number, attempts = 6): ReadonlyArray<number> => {
  const target = targetOf("one")
  const retry = { attempts, baseMs: 100, maxMs: 350, maxWaitMs: 1_000 }
  const plan = new Plan({ order: () => [target], retry, deadlineMs, random: () => random })
  const waits: Array<number> = []
  let nowMs = 0
  for (;;) {
    const step = plan.next(nowMs)
    if (step._tag === "GiveUp") return waits
    if (step._tag === "Call") plan.failed(target, failed)
    else {
      waits.push(step.ms)
      nowMs += step.ms
    }
  }
}

describe("a request that calls again", () => {
  it("waits anything between nothing and a bound that doubles up to the longest", () => {
    assert.deepStrictEqual(waitsOf(0, 60_000), [1, 1, 1, 1, 1])
    assert.deepStrictEqual(waitsOf(0.5, 60_000), [50, 100, 175, 175, 175])
    assert.deepStrictEqual(waitsOf(0.999, 60_000), [99, 199, 349, 349, 349])
  })

  it("begins no call after its deadline, and makes no more calls than it may", () => {
    assert.deepStrictEqual(waitsOf(0.999, 300), [99, 199])
    assert.deepStrictEqual(waitsOf(0.999, 60_000, 1), [])
  })
})

it("a prompt that was too long for one window is offered to larger windows and to unknown ones, and to no others", () => {
  const targets = [
    targetOf("small", { contextTokens: 8_000 }),
    targetOf("same", { contextTokens: 8_000 }),
    targetOf("large", { contextTokens: 9_000 }),
    targetOf("unknown")
  ]
  const retry = { attempts: 9, baseMs: 100, maxMs: 350, maxWaitMs: 1_000 }
  const plan = new Plan({ order: () => targets, retry, deadlineMs: 60_000, random: () => 0 })
  const fields = { provider: "x", model: "m", message: "too long", status: 400, code: "context_length_exceeded" }
  const called: Array<string> = []
  for (let step = plan.next(0); step._tag === "Call"; step = plan.next(0)) {
    called.push(step.target.owned.provider)
    plan.failed(step.target, new ProviderRejected(fields))
  }
  assert.deepStrictEqual(called, ["small", "large", "unknown"])
  assert.deepInclude(plan.error, fields)
})

describe("lowest-latency", () => {
  const targets = () => {
    const [slow, quick, unknown] = [targetOf("slow"), targetOf("quick"), targetOf("unknown")]
    for (let call = 0; call < 20; call++) {
      slow.circuit().statistics.spoke(1_000, 900)
      quick.circuit().statistics.spoke(1_000, 100)
    }
    const order = (nowMs: number) =>
      orderTargets([slow, quick, unknown], {
        strategy: "lowest-latency",
        region: undefined,
        isStream: true,
        nowMs,
        random: () => 0
      }).map(({ owned }) => owned.provider)
    return { order, statistics: unknown.circuit().statistics }
  }

  it("goes by the median to the first token, and asks one of which nothing is known before the others", () => {
    assert.deepStrictEqual(targets().order(1_500), ["unknown", "quick", "slow"])
  })

  it("asks one of which nothing is known by one call at a time", () => {
    const { order, statistics } = targets()
    statistics.inFlight = 1
    assert.deepStrictEqual(order(1_500), ["quick", "slow", "unknown"])
  })

  it("asks one last that only failed, as long as that is remembered", () => {
    const { order, statistics } = targets()
    statistics.failedWith(1_200, failed)
    assert.deepStrictEqual(order(1_500), ["quick", "slow", "unknown"])
    // All of it is long ago: nothing is known of any.
    assert.deepStrictEqual(order(200_000), ["slow", "quick", "unknown"])
  })
})
