/**
 * One request on its way through the targets of its route: called, failed over, gone on with or begun again, until an answer is whole or
 * nothing more may be tried. What is decided here is said in docs/routing.md.
 */
import { Cause, Clock, Effect, Exit } from "effect"
import { errorTraits } from "@parley/domain/ErrorTraits"
import type { Attempt, ModelAnswer } from "@parley/domain/ModelEvent"
import type { ModelSink } from "@parley/domain/ModelProvider"
import type { ModelMessage, ModelRequest } from "@parley/domain/ModelRequest"
import { withUsage } from "@parley/domain/ProviderError"
import type { ProviderError } from "@parley/domain/ProviderError"
import { isDecisive } from "../circuit/WatchedSink.ts"
import { continued, continuingOf, isContinuable, isUsedUp } from "./continuation.ts"
import { faultOf } from "./faultTable.ts"
import { hedged } from "./hedged.ts"
import type { HedgedCall } from "./hedged.ts"
import { Ledger, LedgerEntry, sumOf } from "./Ledger.ts"
import { fits, fitting } from "./orderTargets.ts"
import { Plan } from "./Plan.ts"
import type { PlanStep } from "./Plan.ts"
import { Relay } from "./Relay.ts"
import type { RouteSettings } from "./Router.ts"
import type { RouteTarget } from "./RouteTarget.ts"
import { unavailable } from "./unavailable.ts"

export interface StreamOptions {
  /** What was told of the answer by a process that was lost: it is gone on with as after any other break. */
  readonly said?: { readonly text: string; readonly reasoning: string }
  /** The question from its beginning. Given when the client can be told that the answer begins again. */
  readonly restart?: ReadonlyArray<ModelMessage>
  /** What the calls use is written here, so that an answer that is cut off can be accounted. */
  readonly ledger?: Ledger
}

/** How the next attempt stands to what was told. */
type Way = "begins" | "continues" | "restarts"

interface Attempted {
  readonly target: RouteTarget
  readonly entry: LedgerEntry
}

export class RoutedCall {
  readonly #settings: RouteSettings
  readonly #request: ModelRequest
  readonly #isStream: boolean
  readonly #options: StreamOptions
  readonly #relay: Relay
  readonly #ledger: Ledger
  readonly #id: string
  readonly #called = new Set<RouteTarget>()
  #messages: ReadonlyArray<ModelMessage>
  #way: Way = "begins"
  /** Counts what was asked. It is in the key of a call: the same question has the same again, and another never has it. */
  #questions = 0
  /** How much had been told when it was last asked to go on. */
  #toldLength = 0
  #last: Attempted | undefined
  #reason = ""

  constructor(settings: RouteSettings, request: ModelRequest, sink: ModelSink | undefined, options: StreamOptions) {
    this.#settings = settings
    this.#request = request
    this.#isStream = sink !== undefined
    this.#options = options
    this.#relay = new Relay(sink ?? (() => {}), options.said)
    if (options.said !== undefined) {
      this.#way = "continues"
      this.#toldLength = options.said.text.length
    }
    this.#ledger = options.ledger ?? new Ledger()
    this.#messages = request.messages
    this.#id = settings.nextId()
  }

  /** What nearly every request is: one call that answers. Only what fails pays for more. */
  run(): Effect.Effect<ModelAnswer, ProviderError> {
    return Effect.withFiber((fiber) => {
      if (this.#isUsedUp) return this.#endUsedUp()
      const startedMs = fiber.getRef(Clock.Clock).currentTimeMillisUnsafe()
      const plan = this.#plan(startedMs)
      const step = plan.next(startedMs)
      if (step._tag !== "Call") return this.#goOn(plan, step)
      this.#relay.passedOver(plan.passedOver, step.target.name)
      return Effect.matchCauseEffect(this.#attempt(plan, step.target), {
        onSuccess: (answer) => this.#whole(answer),
        onFailure: (cause) => this.#failed(plan, cause) ?? this.#goOn(plan, undefined)
      })
    })
  }

  #goOn(plan: Plan, first: PlanStep | undefined): Effect.Effect<ModelAnswer, ProviderError> {
    return Effect.gen({ self: this }, function* () {
      const context = yield* Effect.context<never>()
      let step = first ?? plan.next(yield* Clock.currentTimeMillis)
      for (;;) {
        if (step._tag !== "GiveUp") this.#last?.entry.settleEarly(context)
        switch (step._tag) {
          case "GiveUp":
            return yield* this.#brokenOff(
              plan.error ?? unavailable(this.#settings, this.#isStream, yield* Clock.currentTimeMillis)
            )
          case "Wait":
            yield* Effect.sleep(step.ms)
            break
          case "Call": {
            this.#tellSwitch(step.target)
            this.#relay.passedOver(plan.passedOver, step.target.name)
            const exit: Exit.Exit<ModelAnswer, ProviderError> = yield* Effect.exit(this.#attempt(plan, step.target))
            if (Exit.isSuccess(exit)) return yield* this.#whole(exit.value)
            const end = this.#failed(plan, exit.cause)
            if (end !== undefined) return yield* end
          }
        }
        step = plan.next(yield* Clock.currentTimeMillis)
      }
    })
  }

  /** Undefined: something more may be tried. */
  #failed(plan: Plan, cause: Cause.Cause<ProviderError>): Effect.Effect<ModelAnswer, ProviderError> | undefined {
    const found = Cause.findErrorOption(cause)
    if (found._tag === "None") return Effect.failCause(cause)
    if (!this.#goesOn(plan, found.value)) return this.#brokenOff(found.value)
    return this.#isUsedUp ? this.#endUsedUp() : undefined
  }

  /** Nobody answered: what the calls used is told with the error, unless whoever asked has the ledger. */
  #brokenOff(error: ProviderError): Effect.Effect<never, ProviderError> {
    if (this.#options.ledger !== undefined) return Effect.fail(error)
    return Effect.flatMap(this.#ledger.total(false), (usage) => Effect.fail(withUsage(error, usage)))
  }

  #plan(startedMs: number): Plan {
    const { order, random, retry, deadlineMs } = this.#settings
    return new Plan({
      order: () => fitting(order(this.#isStream, startedMs), this.#request),
      // The longer prompt of a continuation needs not fit where the question did.
      fits: (target) => this.#way !== "continues" || this.#last === undefined || fits(target, this.#requestOf(target)),
      retry,
      random,
      deadlineMs: startedMs + deadlineMs
    })
  }

  /** Whether something more may be tried after the last attempt failed, and how that stands to what was told. */
  #goesOn(plan: Plan, error: ProviderError): boolean {
    const last = this.#last
    if (last === undefined) return false
    last.entry.failure = error._tag
    plan.failed(last.target, error)
    this.#reason = errorTraits[error._tag].code
    // A model that refuses to go on with an answer says so with a 400, which is then not the caller's.
    const isRefusedContinuation = this.#way === "continues" && error._tag === "ProviderRejected"
    if (!faultOf(error).failsOver && !isRefusedContinuation) return false
    if (!this.#relay.hasSpoken) return true
    if (!this.#settings.midStream) return false
    if (isContinuable(this.#relay, this.#request.parameters)) {
      this.#asks("continues")
      return true
    }
    const { restart } = this.#options
    if (restart !== undefined) {
      this.#messages = restart
      this.#asks("restarts")
      return true
    }
    // Thoughts and white space are no part of the answer: it begins after them. What else was told cannot be taken back.
    this.#asks("begins")
    return this.#relay.text.trim() === "" && !this.#relay.hasCalls
  }

  /** What is told only grows, but for a restart, which is another way. */
  #asks(way: Way): void {
    const { length } = this.#relay.text
    if (way !== this.#way || (way === "continues" && length !== this.#toldLength)) this.#questions++
    this.#way = way
    this.#toldLength = length
  }

  #tellSwitch(target: RouteTarget): void {
    const from = this.#last?.target
    if (from === undefined || (from === target && !this.#relay.hasSpoken)) return
    this.#relay.switched({
      type: "provider-switch",
      from: from.name,
      to: target.name,
      reason: this.#reason,
      ...(this.#way === "restarts" ? { restart: true } : {})
    })
  }

  #attempt(plan: Plan, target: RouteTarget): Effect.Effect<ModelAnswer, ProviderError> {
    const { statistics } = target.circuit()
    if (this.#called.has(target)) statistics.retries++
    else if (this.#last !== undefined) statistics.fallbacks++
    if (this.#settings.hedge !== undefined) this.#reason = "slow"
    return hedged<ModelAnswer, Attempted>({
      settings: this.#settings,
      plan,
      target,
      isStream: this.#isStream,
      call: (call) => this.#call(call),
      dropped: ({ context, error, lost, other }) => {
        lost.entry.failure = error?._tag ?? "Slower"
        // Nothing more is said by it: what it used is counted while the other speaks.
        lost.entry.settleEarly(context)
        if (error === undefined) return
        plan.failed(lost.target, error)
        this.#reason = errorTraits[error._tag].code
        // What fails from here on is the other's.
        this.#last = other
      }
    })
  }

  #call({ began, instead, racer, target }: HedgedCall<Attempted>): Effect.Effect<ModelAnswer, ProviderError> {
    return Effect.suspend(() => {
      const asked = this.#requestOf(target)
      const entry = new LedgerEntry(target.name, target.tokens, asked)
      const attempted = { target, entry }
      this.#ledger.entries.push(entry)
      this.#called.add(target)
      if (instead === undefined) this.#last = attempted
      began?.(attempted)
      const options = {
        idempotencyKey: `${this.#id}-${target.name}-${this.#questions}`,
        firstTokenTimeoutMs: target.firstTokenTimeoutMs,
        began: () => entry.began()
      }
      const wins = (): boolean => {
        if (racer === undefined) return true
        if (!racer.speak()) return false
        if (instead !== undefined && this.#last !== attempted) {
          this.#last = attempted
          this.#relay.switched({ type: "provider-switch", from: instead.name, to: target.name, reason: this.#reason })
        }
        return true
      }
      const call = this.#isStream
        ? target.stream(asked, this.#sinkOf(entry, target, wins), options)
        : target.complete(asked, options)
      return Effect.map(call, (answer) => {
        wins()
        entry.answered(answer)
        return answer
      })
    })
  }

  #sinkOf(entry: LedgerEntry, target: RouteTarget, wins: () => boolean): ModelSink {
    const inner = this.#relay.sinkOf(entry, this.#way === "continues" ? continuingOf(target) : undefined)
    if (this.#settings.hedge === undefined) return inner
    let hasWon = false
    return (events, control) => {
      if (!hasWon && events.some(isDecisive)) {
        if (!wins()) return
        hasWon = true
      }
      inner(events, control)
    }
  }

  #requestOf(target: RouteTarget): ModelRequest {
    const asked = { model: target.owned.model, messages: this.#messages, parameters: this.#request.parameters }
    return this.#way === "continues" ? continued(asked, this.#relay.text, target.goesOn) : asked
  }

  /** Nothing is left of the bound on the answer for another call to say. */
  get #isUsedUp(): boolean {
    return this.#way === "continues" && isUsedUp(this.#request.parameters, this.#relay.text)
  }

  #endUsedUp(): Effect.Effect<ModelAnswer> {
    return this.#whole(this.#relay.endUsedUp(this.#last?.target.owned.model ?? this.#request.model))
  }

  #whole(last: ModelAnswer): Effect.Effect<ModelAnswer> {
    const only = this.#ledger.onlyAttempt()
    if (only !== undefined) return Effect.succeed(this.#told(last, [only]))
    return Effect.map(this.#ledger.attempts(), (attempts) => this.#told(last, attempts))
  }

  #told(last: ModelAnswer, attempts: ReadonlyArray<Attempt>): ModelAnswer {
    const [first] = attempts
    const usage = attempts.length === 1 && first !== undefined ? first.usage : sumOf(attempts)
    if (this.#isStream) this.#relay.end({ type: "usage", usage })
    return { ...this.#relay.answer(last), usage, attempts }
  }
}
