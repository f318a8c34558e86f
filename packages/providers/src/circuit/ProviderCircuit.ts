/**
 * What stands between Parley and one provider target: its connections, a bound on calls in flight, a breaker, and one span
 * per call where spans are seen. It never waits or retries; a refused call fails at once as `ProviderUnavailable` with a hint.
 */
import { Cause, Clock, Context, Duration, Effect, Exit, Layer, Tracer } from "effect"
import type { Fiber, Scope } from "effect"
import { CircuitBreaker } from "effect/persistence"
import type { ModelAnswer } from "@parley/domain/ModelEvent"
import type { ModelInfo, ModelProvider, ModelSink } from "@parley/domain/ModelProvider"
import type { ModelRequest } from "@parley/domain/ModelRequest"
import { ProviderUnavailable } from "@parley/domain/ProviderError"
import type { ProviderError } from "@parley/domain/ProviderError"
import type { ProviderLimits } from "../ProviderLimits.ts"
import type { CircuitStatistics } from "./CircuitStatistics.ts"
import { makeTargetBreaker } from "./TargetBreaker.ts"
import type { TargetBreaker } from "./TargetBreaker.ts"

/** How a target's provider comes to be; its connections end with the scope. */
export interface ProviderSource {
  readonly id: string
  readonly isDemo: boolean
  readonly make: Effect.Effect<ModelProvider, never, Scope.Scope>
  /** Its own; those of all targets when absent. */
  readonly limits?: ProviderLimits
}

export class ProviderCircuit extends Context.Service<
  ProviderCircuit,
  {
    /** Counts the circuits that this target has had. */
    readonly incarnation: number
    readonly complete: (request: ModelRequest) => Effect.Effect<ModelAnswer, ProviderError>
    readonly stream: (request: ModelRequest, sink: ModelSink) => Effect.Effect<ModelAnswer, ProviderError>
    /** Past the breaker: a list of models says nothing about answers. */
    readonly models: Effect.Effect<ReadonlyArray<ModelInfo>, ProviderError>
  }
>()("@parley/providers/circuit/ProviderCircuit") {
  static layer(source: ProviderSource, incarnation: number, statistics: CircuitStatistics, limits: ProviderLimits) {
    return Layer.effect(
      ProviderCircuit,
      Effect.gen(function* () {
        const provider = yield* source.make
        const breaker = yield* makeTargetBreaker(source.id, limits, outcomeOf)
        const guard = makeGuard(source.id, breaker, statistics, limits)
        return ProviderCircuit.of({
          incarnation,
          models: provider.models,
          complete: (request) => guard(request, provider.complete(request)),
          stream: (request, sink) => guard(request, provider.stream(request, contained(sink)))
        })
      })
    )
  }
}

/** The caller's sink threw. It ends that call and is nobody else's concern. */
export class SinkDefect {
  readonly cause: unknown

  constructor(cause: unknown) {
    this.cause = cause
  }
}

const makeGuard =
  (target: string, breaker: TargetBreaker, statistics: CircuitStatistics, limits: ProviderLimits) =>
  (request: ModelRequest, call: Effect.Effect<ModelAnswer, ProviderError>): Effect.Effect<ModelAnswer, ProviderError> =>
    Effect.suspend(() => {
      // Both are set inside the finalizer's reach, so that no interruption comes in between.
      let isCounted = false
      let admission: CircuitBreaker.Admission | undefined
      let isRefused = false
      return Effect.onExitPrimitive(
        Effect.withFiber((fiber): Effect.Effect<ModelAnswer, ProviderError> => {
          if (statistics.inFlight >= limits.maxConcurrent) {
            return Effect.fail(unavailable(target, request, `${limits.maxConcurrent} calls are in flight`, limits.retryHintMs))
          }
          isCounted = true
          statistics.inFlight++
          const traced = isTraced(fiber) ? spanned(target, request, call) : call
          admission = breaker.admitted(fiber.getRef(Clock.Clock).currentTimeMillisUnsafe())
          if (admission !== undefined) return traced
          return Effect.catchTag(breaker.execute(traced), "CircuitBreakerError", (error) => {
            isRefused = true
            return Effect.fail(refusalOf(target, request, error, limits))
          })
        }),
        (exit) => {
          if (!isCounted) return undefined
          statistics.inFlight--
          if (!isRefused) count(statistics, exit)
          return admission === undefined ? undefined : breaker.settle(admission, exit)
        }
      )
    })

/** Without a tracer of somebody's nobody sees the span; the provider is then told the caller's as its parent. */
const isTraced = (fiber: Fiber.Fiber<unknown, unknown>): boolean => fiber.getRef(Tracer.Tracer) !== Tracer.nativeTracer

const spanned = (target: string, request: ModelRequest, call: Effect.Effect<ModelAnswer, ProviderError>) =>
  call.pipe(
    Effect.tap((answer) =>
      Effect.annotateCurrentSpan({
        "gen_ai.response.id": answer.responseId,
        "gen_ai.response.model": answer.model,
        "gen_ai.response.finish_reasons": [answer.finishReason],
        "gen_ai.usage.input_tokens": answer.usage.inputTokens,
        "gen_ai.usage.output_tokens": answer.usage.outputTokens
      })
    ),
    Effect.tapError((error) => Effect.annotateCurrentSpan("error.type", error._tag)),
    Effect.withSpan(
      "provider.call",
      {
        kind: "client",
        attributes: {
          "gen_ai.operation.name": "chat",
          "gen_ai.provider.name": target,
          "gen_ai.request.model": request.model
        }
      },
      { captureStackTrace: false }
    )
  )

/** Only what speaks of the target's health counts. A wrong request shows that it is well; a limit, or our key, neither. */
const outcomes: Record<ProviderError["_tag"], CircuitBreaker.Outcome> = {
  ProviderFailed: CircuitBreaker.failure(),
  ProviderUnreachable: CircuitBreaker.failure(),
  ProviderTruncated: CircuitBreaker.failure(),
  ProviderTimeout: CircuitBreaker.failure(),
  ProviderRejected: CircuitBreaker.success,
  ProviderModelNotFound: CircuitBreaker.success,
  ProviderUnauthorized: CircuitBreaker.ignored,
  ProviderRateLimited: CircuitBreaker.ignored,
  ProviderUnavailable: CircuitBreaker.ignored
}

const outcomeOf = (exit: Exit.Exit<ModelAnswer, ProviderError>): CircuitBreaker.Outcome => {
  if (Exit.isSuccess(exit)) return CircuitBreaker.success
  const error = Cause.findErrorOption(exit.cause)
  if (error._tag === "Some") return outcomes[error.value._tag]
  return Cause.squash(exit.cause) instanceof SinkDefect ? CircuitBreaker.ignored : CircuitBreaker.failure()
}

const count = (statistics: CircuitStatistics, exit: Exit.Exit<ModelAnswer, ProviderError>): void => {
  if (Exit.isSuccess(exit)) {
    statistics.succeeded++
    return
  }
  const error = Cause.findErrorOption(exit.cause)
  if (error._tag === "None") return
  statistics.failed++
  statistics.lastFailure = `${error.value._tag}: ${error.value.message}`
}

const refusalOf = (
  target: string,
  request: ModelRequest,
  error: CircuitBreaker.CircuitBreakerError,
  limits: ProviderLimits
): ProviderUnavailable =>
  error.reason._tag === "CircuitOpen"
    ? unavailable(target, request, "it failed repeatedly", Duration.toMillis(error.reason.retryAfter))
    : unavailable(target, request, "it is being tried after repeated failures", limits.retryHintMs)

const unavailable = (target: string, request: ModelRequest, why: string, retryAfterMs: number): ProviderUnavailable =>
  new ProviderUnavailable({
    provider: target,
    model: request.model,
    message: `${target} is not available now: ${why}`,
    retryAfterMs
  })

const contained =
  (sink: ModelSink): ModelSink =>
  (events, control) => {
    try {
      sink(events, control)
    } catch (cause) {
      throw new SinkDefect(cause)
    }
  }
