/**
 * One request for vectors on its way through the targets of its route, by the same plan as an answer's. Nothing of them is told before all are there, so
 * it needs none of what goes on in the middle: a target that fails is followed by the next.
 */
import { Cause, Clock, Effect, Exit } from "effect"
import type { EmbeddingAnswer, EmbeddingRequest } from "@parley/domain/Embeddings"
import type { Attempt } from "@parley/domain/ModelEvent"
import type { ProviderError } from "@parley/domain/ProviderError"
import { noUsage } from "@parley/domain/Usage"
import { faultOf } from "./faultTable.ts"
import { hedged } from "./hedged.ts"
import type { HedgedCall } from "./hedged.ts"
import { sumOf } from "./Ledger.ts"
import { passedOverOf, Plan } from "./Plan.ts"
import type { RouteSettings } from "./Router.ts"
import type { RouteTarget } from "./RouteTarget.ts"
import { unavailable } from "./unavailable.ts"

type Call = Effect.Effect<EmbeddingAnswer, ProviderError>

interface Attempted {
  readonly target: RouteTarget
  readonly attempt: { -readonly [K in keyof Attempt]: Attempt[K] }
}

export class RoutedEmbedding {
  readonly #settings: RouteSettings
  readonly #request: EmbeddingRequest
  readonly #id: string
  readonly #attempts: Array<Attempted> = []
  /** The one whose failure is the next to be told. */
  #last: Attempted | undefined

  constructor(settings: RouteSettings, request: EmbeddingRequest) {
    this.#settings = settings
    this.#request = request
    this.#id = settings.nextId()
  }

  run(): Call {
    return Effect.gen({ self: this }, function* () {
      const { deadlineMs, order, random, retry } = this.#settings
      const startedMs = yield* Clock.currentTimeMillis
      const plan = new Plan({ order: () => order(false, startedMs), retry, random, deadlineMs: startedMs + deadlineMs })
      for (;;) {
        const nowMs = yield* Clock.currentTimeMillis
        const step = plan.next(nowMs)
        switch (step._tag) {
          case "GiveUp":
            return yield* Effect.fail(plan.error ?? unavailable(this.#settings, false, nowMs))
          case "Wait":
            yield* Effect.sleep(step.ms)
            break
          case "Call": {
            const exit: Exit.Exit<EmbeddingAnswer, ProviderError> = yield* Effect.exit(this.#attempt(plan, step.target))
            if (Exit.isSuccess(exit)) return this.#whole(plan, exit.value)
            const found = Cause.findErrorOption(exit.cause)
            if (found._tag === "None" || this.#last === undefined) return yield* exit
            failed(plan, this.#last, found.value)
            if (!faultOf(found.value).failsOver) return yield* exit
          }
        }
      }
    })
  }

  #attempt(plan: Plan, target: RouteTarget): Call {
    const { statistics } = target.circuit()
    if (this.#attempts.some((attempted) => attempted.target === target)) statistics.retries++
    else if (this.#attempts.length > 0) statistics.fallbacks++
    return hedged<EmbeddingAnswer, Attempted>({
      settings: this.#settings,
      plan,
      target,
      isStream: false,
      call: (call) => this.#call(call),
      dropped: ({ error, lost, other }) => {
        lost.attempt.failure = "Slower"
        if (error !== undefined) failed(plan, lost, error)
        // What fails from here on is the other's.
        this.#last = other
      }
    })
  }

  #call({ began, target }: HedgedCall<Attempted>): Call {
    return Effect.suspend(() => {
      const attempted: Attempted = { target, attempt: { target: target.name, usage: noUsage } }
      this.#attempts.push(attempted)
      this.#last = attempted
      began?.(attempted)
      const options = { idempotencyKey: `${this.#id}-${target.name}` }
      return Effect.map(target.embed({ ...this.#request, model: target.owned.model }, options), (answer) => {
        attempted.attempt.usage = answer.usage
        return answer
      })
    })
  }

  /** What was refused, or aborted before its answer, cost nothing that anybody was told of. */
  #whole(plan: Plan, answer: EmbeddingAnswer): EmbeddingAnswer {
    const attempts = this.#attempts.map(({ attempt }) => attempt)
    return { ...answer, usage: sumOf(attempts), attempts, ...passedOverOf(plan) }
  }
}

const failed = (plan: Plan, { attempt, target }: Attempted, error: ProviderError): void => {
  attempt.failure = error._tag
  plan.failed(target, error)
}
