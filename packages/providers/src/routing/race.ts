/**
 * One call, and a second one when the first is slow: whoever begins to answer first wins, and the other is aborted at once. A call can only be aborted
 * in a fiber of its own, so it costs one; hence only where a route asks for it.
 */
import { Effect, Exit, Fiber } from "effect"
import type { ProviderError } from "@parley/domain/ProviderError"
import type { Hedge, HedgeTimer } from "./HedgeTimer.ts"

type Call<A> = Effect.Effect<A, ProviderError>
type CallExit<A> = Exit.Exit<A, ProviderError>
type Place = "first" | "second"

export interface Racer {
  /** Told by a racer as it begins to answer: true when it is the first. The other is aborted within. */
  readonly speak: () => boolean
}

export interface RaceOptions<A> {
  readonly timer: HedgeTimer
  readonly delayMs: number
  readonly first: (racer: Racer) => Call<A>
  /** The second call, once the first was slow; undefined: there is none to be made. */
  readonly second: () => ((racer: Racer) => Call<A>) | undefined
  /** A racer that lost, or failed while the other went on. */
  readonly dropped: (racer: Place, exit: CallExit<A> | undefined) => void
}

export const race = <A>(options: RaceOptions<A>): Call<A> =>
  Effect.withFiber((caller) =>
    Effect.callback((resume) => {
      const running = new Race(caller, options, resume)
      running.begin()
      return running.stop
    })
  )

class Race<A> {
  readonly #caller: Fiber.Fiber<unknown, unknown>
  readonly #options: RaceOptions<A>
  readonly #resume: (exit: CallExit<A>) => void
  readonly #fibers: { first?: Fiber.Fiber<A, ProviderError>; second?: Fiber.Fiber<A, ProviderError> } = {}
  #hedge: Hedge | undefined
  #winner: Place | undefined

  constructor(caller: Fiber.Fiber<unknown, unknown>, options: RaceOptions<A>, resume: (exit: CallExit<A>) => void) {
    this.#caller = caller
    this.#options = options
    this.#resume = resume
  }

  begin(): void {
    const { delayMs, first, second, timer } = this.#options
    this.#hedge = timer.arm(this.#caller, delayMs, () => {
      const call = second()
      if (call !== undefined) this.#start("second", call)
    })
    this.#start("first", first)
  }

  readonly stop: Effect.Effect<void> = Effect.suspend(() => {
    this.#disarm()
    const { first, second } = this.#fibers
    return Fiber.interruptAll([first, second].filter((fiber) => fiber !== undefined))
  })

  #start(me: Place, call: (racer: Racer) => Call<A>): void {
    const fiber = Effect.runForkWith(this.#caller.context)(call({ speak: () => this.#speak(me) }))
    this.#fibers[me] = fiber
    fiber.addObserver((exit) => this.#ended(me, exit))
  }

  #speak(me: Place): boolean {
    if (this.#winner !== undefined) return this.#winner === me
    this.#winner = me
    this.#disarm()
    const other = otherOf(me)
    const loser = this.#fibers[other]
    if (loser !== undefined) {
      loser.interruptUnsafe()
      this.#options.dropped(other, undefined)
    }
    return true
  }

  #ended(me: Place, exit: CallExit<A>): void {
    delete this.#fibers[me]
    // An answer without a word is an answer; a failure leaves the other to it.
    if (Exit.isSuccess(exit)) this.#speak(me)
    if (this.#winner === me) return this.#resume(exit)
    if (this.#winner !== undefined) return
    if (this.#fibers[otherOf(me)] !== undefined) return this.#options.dropped(me, exit)
    this.#disarm()
    this.#resume(exit)
  }

  #disarm(): void {
    if (this.#hedge !== undefined) this.#options.timer.disarm(this.#hedge)
  }
}

const otherOf = (me: Place): Place => (me === "first" ? "second" : "first")
