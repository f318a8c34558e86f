/**
 * One call, and a second one when the first is slow: whoever begins to answer first wins, and the other is aborted at once. Two fibers and a timer,
 * so only where a route asks for it.
 */
import { Deferred, Effect, Exit, Fiber } from "effect"
import type { ModelAnswer } from "@parley/domain/ModelEvent"
import type { ProviderError } from "@parley/domain/ProviderError"

type Call = Effect.Effect<ModelAnswer, ProviderError>

export interface Racer {
  /** Told by a racer as it begins to answer: true when it is the first. The other is aborted within. */
  readonly speak: () => boolean
}

export interface RaceOptions {
  readonly delayMs: number
  readonly first: (racer: Racer) => Call
  /** The second call, once the first was slow; undefined: there is none to be made. */
  readonly second: () => ((racer: Racer) => Call) | undefined
  /** A racer that lost, or failed while the other went on. */
  readonly dropped: (racer: "first" | "second", exit: Exit.Exit<ModelAnswer, ProviderError> | undefined) => void
}

export const race = ({ delayMs, dropped, first, second }: RaceOptions): Call =>
  Effect.gen(function* () {
    const spoke = yield* Deferred.make<"first" | "second">()
    let winner: "first" | "second" | undefined
    const fibers: { first?: Fiber.Fiber<ModelAnswer, ProviderError>; second?: Fiber.Fiber<ModelAnswer, ProviderError> } = {}
    const racer = (me: "first" | "second"): Racer => ({
      speak: () => {
        if (winner !== undefined) return winner === me
        winner = me
        const other = me === "first" ? "second" : "first"
        if (fibers[other] !== undefined) {
          fibers[other].interruptUnsafe()
          dropped(other, undefined)
        }
        Deferred.doneUnsafe(spoke, Effect.succeed(me))
        return true
      }
    })

    const one = yield* Effect.forkChild(first(racer("first")), { startImmediately: true })
    fibers.first = one
    const ended = Fiber.await(one)
    const slow = yield* Effect.raceFirst(
      Effect.as(Effect.raceFirst(ended, Deferred.await(spoke)), false),
      Effect.as(Effect.sleep(delayMs), true)
    )
    const call = slow ? second() : undefined
    if (call === undefined) return yield* Fiber.join(one)
    const two = yield* Effect.forkChild(call(racer("second")), { startImmediately: true })
    fibers.second = two
    const firstOut = yield* Effect.raceFirst(
      Deferred.await(spoke),
      Effect.raceFirst(Effect.as(Fiber.await(one), "first-ended" as const), Effect.as(Fiber.await(two), "second-ended" as const))
    )
    switch (firstOut) {
      case "first":
        return yield* Fiber.join(one)
      case "second":
        return yield* Fiber.join(two)
      case "first-ended":
      case "second-ended": {
        const [me, other] = firstOut === "first-ended" ? ([one, two] as const) : ([two, one] as const)
        const exit = yield* Fiber.await(me)
        const name = firstOut === "first-ended" ? "first" : "second"
        // An answer without a word is an answer; a failure leaves the other to it.
        if (Exit.isSuccess(exit)) {
          racer(name).speak()
          return exit.value
        }
        dropped(name, exit)
        return yield* Fiber.join(other)
      }
    }
  })
