/**
 * What stands between Parley and one target, a model of a provider: a bound on calls in flight, a breaker, what it keeps of them as statistics, and
 * one span per call where spans are seen. It never waits or retries; a refused call fails at once with a hint.
 */
import { Cause, Clock, Context, Effect, Exit, Layer, RcMap, Tracer } from "effect"
import type { Fiber, Scope } from "effect"
import { CircuitBreaker } from "effect/persistence"
import type { EmbeddingAnswer, EmbeddingRequest } from "@parley/domain/Embeddings"
import type { ModelAnswer } from "@parley/domain/ModelEvent"
import type { CallOptions, ModelProvider, ModelSink } from "@parley/domain/ModelProvider"
import type { ModelRequest } from "@parley/domain/ModelRequest"
import { ProviderRateLimited, ProviderTimeout, ProviderUnavailable } from "@parley/domain/ProviderError"
import type { ProviderError } from "@parley/domain/ProviderError"
import type { Embedder } from "../embeddings/makeEmbedder.ts"
import type { ProviderLimits } from "../ProviderLimits.ts"
import { faultOf } from "../routing/faultTable.ts"
import { errorTypeOf, recordModelCall } from "./genAiMetrics.ts"
import { chat, embeddings } from "./operations.ts"
import type { Answered, Operation } from "./operations.ts"
import { makeBesideCalls } from "./besideCalls.ts"
import { makeSharedMarks } from "./SharedMark.ts"
import type { SharedMarks } from "./SharedMark.ts"
import type { Supervised } from "./Supervised.ts"
import { makeTargetBreaker } from "./TargetBreaker.ts"
import type { Refused, TargetBreaker } from "./TargetBreaker.ts"
import { SinkDefect, WatchedSink } from "./WatchedSink.ts"
import { wrongUsage } from "./wrongUsage.ts"

/** How a provider comes to be; its connections end with the scope. */
export interface ProviderSource {
  readonly id: string
  /** Where it is, for its spans; absent where it is in this process. */
  readonly address?: string
  readonly isDemo: boolean
  /** What spans and metrics call it by OpenTelemetry's conventions; its id when absent. */
  readonly genAiName?: string
  readonly make: Effect.Effect<ModelProvider, never, Scope.Scope>
  /** It is not asked for a list of its models, so that one tells nothing of whether it can be reached. */
  readonly listsNothing?: true
  /** Its own; those of all providers when absent. */
  readonly limits?: ProviderLimits
  /** Whether a model of it goes on with an answer that ends the messages; when absent, none does. */
  readonly goesOn?: (model: string) => boolean
  /** Those that do tell that answer's beginning too, before what follows it. */
  readonly echoes?: boolean
}

export class ProviderCircuit extends Context.Service<
  ProviderCircuit,
  {
    /** Counts the circuits that this target has had. */
    readonly incarnation: number
    readonly complete: (request: ModelRequest, options?: CallOptions) => Effect.Effect<ModelAnswer, ProviderError>
    readonly stream: (request: ModelRequest, sink: ModelSink, options?: CallOptions) => Effect.Effect<ModelAnswer, ProviderError>
    /** By the client that its provider has for them, which has connections of its own. */
    readonly embed: (request: EmbeddingRequest, embedder: Embedder) => Effect.Effect<EmbeddingAnswer, ProviderError>
  }
>()("@parley/providers/circuit/ProviderCircuit") {
  static layer(target: Supervised, clients: RcMap.RcMap<ProviderSource, ModelProvider>, limits: ProviderLimits) {
    return Layer.effect(
      ProviderCircuit,
      Effect.gen(function* () {
        const provider = yield* RcMap.get(clients, target.access.source)
        const marks = makeSharedMarks(target.name, yield* CircuitBreaker.CircuitBreakerStore)
        const besideCalls = yield* makeBesideCalls
        const breaker = yield* makeTargetBreaker({
          target: target.name,
          limits,
          view: target.view,
          marks,
          onLowered: (nowMs) => target.limit.lowerToo(nowMs),
          besideCalls,
          outcomeOf
        })
        const guard = makeGuard(target, breaker, (refused) => besideCalls(tellOthers(marks, refused)), limits)
        return ProviderCircuit.of({
          incarnation: target.restarts,
          complete: (request, options) => guard(chat, request, undefined, () => provider.complete(request, options)),
          stream: (request, sink, options) => {
            const watched = new WatchedSink(sink, target.name)
            const limitMs = options?.firstTokenTimeoutMs ?? limits.firstTokenTimeoutMs
            const call = () => provider.stream(request, watched.sink, options)
            return guard(chat, request, watched, limitMs === 0 ? call : () => withFirstToken(call(), target, watched, limitMs))
          },
          embed: (request, embedder) => guard(embeddings, request, undefined, () => embedder(request))
        })
      })
    )
  }
}

/** Inside of the breaker, which counts what was late as it counts all that fails. A fiber more, so only where there is a limit. */
const withFirstToken = (
  call: Effect.Effect<ModelAnswer, ProviderError>,
  { access, model, name }: Supervised,
  watched: WatchedSink,
  limitMs: number
): Effect.Effect<ModelAnswer, ProviderError> => {
  const late = Effect.suspend(() =>
    watched.spokeMs >= 0
      ? Effect.never
      : Effect.fail(
          new ProviderTimeout({
            provider: access.source.id,
            model,
            code: "first_token",
            message: `${name} said nothing within ${limitMs} ms`
          })
        )
  )
  return Effect.raceFirst(call, Effect.delay(late, limitMs))
}

/** What a 429 was, or a failure with `Retry-After`: for this process's own use and for the others. */
interface Lowered {
  readonly heldMs: number
  /** How long the mark stands that it lowered the limit; 0: it was one of a burst. */
  readonly loweredMs: number
}

const tellOthers = ({ held, lowered }: SharedMarks, { heldMs, loweredMs }: Lowered): Effect.Effect<void> =>
  Effect.all([heldMs === 0 ? Effect.void : held.set(heldMs), loweredMs === 0 ? Effect.void : lowered.set(loweredMs)], {
    concurrency: 2,
    discard: true
  })

const makeGuard =
  (target: Supervised, breaker: TargetBreaker, tell: (lowered: Lowered) => Effect.Effect<void>, limits: ProviderLimits) =>
  <Request, Answer extends Answered>(
    operation: Operation<Request, Answer>,
    request: Request,
    watched: WatchedSink | undefined,
    call: () => Effect.Effect<Answer, ProviderError>
  ): Effect.Effect<Answer, ProviderError> =>
    Effect.suspend(() => {
      const { access, limit, statistics } = target
      // Both are set inside the finalizer's reach, so that no interruption comes in between.
      let caller: Fiber.Fiber<unknown, unknown> | undefined
      let admission: CircuitBreaker.Admission | undefined
      let isRefused = false
      let startedMs = 0
      return Effect.onExitPrimitive(
        Effect.withFiber((fiber): Effect.Effect<Answer, ProviderError> => {
          const now = fiber.getRef(Clock.Clock)
          const nowMs = now.currentTimeMillisUnsafe()
          if (nowMs < statistics.heldUntilMs) return Effect.fail(held(target, statistics.heldUntilMs - nowMs))
          const allowed = limit.at(nowMs)
          if (statistics.inFlight >= allowed || access.inFlight >= limits.maxConcurrent) {
            const calls = Math.min(allowed, limits.maxConcurrent)
            return Effect.fail(unavailable(target, `${calls} calls are in flight`, limits.retryHintMs))
          }
          caller = fiber
          startedMs = nowMs
          statistics.inFlight++
          access.inFlight++
          limit.see(statistics.inFlight, nowMs)
          watched?.begin(now)
          const traced = isTraced(fiber) ? spanned(operation, target, request, call()) : call()
          admission = breaker.admitted(nowMs)
          if (admission !== undefined) return traced
          return Effect.catchTag(breaker.execute(traced), "Refused", (refused) => {
            isRefused = true
            if (refused.state === "held") statistics.heldUntilMs = startedMs + refused.retryAfterMs
            return Effect.fail(refusalOf(target, refused))
          })
        }),
        (exit) => {
          if (caller === undefined) return undefined
          const nowMs = caller.getRef(Clock.Clock).currentTimeMillisUnsafe()
          limit.see(statistics.inFlight, nowMs)
          statistics.inFlight--
          access.inFlight--
          let said: Effect.Effect<void> | undefined
          if (!isRefused) {
            const lowered = count(target, watched, exit, startedMs, nowMs, limits)
            said = lowered === undefined ? wrongUsage(target, exit, nowMs) : tell(lowered)
            const { isNamed, model } = target
            recordModelCall(
              { operation: operation.name, provider: genAiNameOf(access.source), model, isNamed, tookMs: nowMs - startedMs },
              Exit.map(exit, ({ usage }) => usage),
              caller.context
            )
          }
          const settled = admission === undefined ? undefined : breaker.settle(admission, exit)
          return said === undefined ? settled : Effect.andThen(said, settled ?? Effect.void)
        }
      )
    })

/** Without a tracer of somebody's nobody sees the span; the provider is then told the caller's as its parent. */
const isTraced = (fiber: Fiber.Fiber<unknown, unknown>): boolean => fiber.getRef(Tracer.Tracer) !== Tracer.nativeTracer

const spanned = <Request, Answer>(
  { answered, asked, name }: Operation<Request, Answer>,
  target: Supervised,
  request: Request,
  call: Effect.Effect<Answer, ProviderError>
): Effect.Effect<Answer, ProviderError> => {
  const { source } = target.access
  return call.pipe(
    Effect.onExit((exit) =>
      Exit.isSuccess(exit)
        ? Effect.annotateCurrentSpan(answered(exit.value))
        : Effect.annotateCurrentSpan("error.type", errorTypeOf(exit.cause))
    ),
    Effect.withSpan(
      `${name} ${target.model}`,
      { kind: "client", attributes: asked(genAiNameOf(source), source.address, request) },
      { captureStackTrace: false }
    )
  )
}

const genAiNameOf = ({ genAiName, id }: ProviderSource): string => genAiName ?? id

const outcomeOf = (exit: Exit.Exit<unknown, ProviderError>): CircuitBreaker.Outcome => {
  if (Exit.isSuccess(exit)) return CircuitBreaker.success
  const found = Cause.findErrorOption(exit.cause)
  if (found._tag === "None") {
    return Cause.squash(exit.cause) instanceof SinkDefect ? CircuitBreaker.ignored : CircuitBreaker.failure()
  }
  switch (faultOf(found.value).circuit) {
    case "success":
      return CircuitBreaker.success
    case "ignored":
      return CircuitBreaker.ignored
    case "failure": {
      const { retryAfterMs } = found.value
      return CircuitBreaker.failure(retryAfterMs === undefined ? {} : { retryAfter: retryAfterMs })
    }
  }
}

/** Answers what the others should know. */
const count = (
  { limit, statistics }: Supervised,
  watched: WatchedSink | undefined,
  exit: Exit.Exit<Answered, ProviderError>,
  startedMs: number,
  nowMs: number,
  limits: ProviderLimits
): Lowered | undefined => {
  if (watched !== undefined && watched.spokeMs >= 0) statistics.spoke(nowMs, watched.spokeMs - startedMs)
  if (Exit.isSuccess(exit)) {
    statistics.answered(nowMs, nowMs - startedMs, watched !== undefined)
    limit.raise(startedMs)
    if (watched !== undefined && watched.spokeMs >= 0) {
      statistics.wrote(nowMs, exit.value.usage.outputTokens, Math.max(1, nowMs - watched.spokeMs))
    }
    return undefined
  }
  const found = Cause.findErrorOption(exit.cause)
  if (found._tag === "None") return undefined
  const error = found.value
  statistics.failedWith(nowMs, error)
  if (error._tag === "ProviderModelNotFound") statistics.missingUntilMs = nowMs + limits.modelMissingMs
  const fault = faultOf(error)
  const isLowered = fault.lowersLimit && limit.lower(nowMs)
  const heldMs = fault.isHeld ? Math.min(error.retryAfterMs ?? 0, limits.maxHoldMs) : 0
  // Of answers that come together the one that asks for the longest wait is heeded.
  if (heldMs > 0) statistics.heldUntilMs = Math.max(statistics.heldUntilMs, nowMs + heldMs)
  return heldMs > 0 || isLowered ? { heldMs, loweredMs: isLowered ? limits.limitBurstMs : 0 } : undefined
}

const refusalOf = (target: Supervised, { retryAfterMs, state }: Refused): ProviderUnavailable | ProviderRateLimited =>
  state === "held"
    ? held(target, retryAfterMs)
    : unavailable(target, state === "open" ? "it failed repeatedly" : "it is being tried after repeated failures", retryAfterMs)

const unavailable = ({ access, model, name }: Supervised, why: string, retryAfterMs: number): ProviderUnavailable =>
  new ProviderUnavailable({
    provider: access.source.id,
    model,
    message: `${name} is not available now: ${why}`,
    retryAfterMs
  })

const held = ({ access, model, name }: Supervised, retryAfterMs: number): ProviderRateLimited =>
  new ProviderRateLimited({
    provider: access.source.id,
    model,
    message: `${name} asked to be left alone for a while`,
    retryAfterMs
  })
