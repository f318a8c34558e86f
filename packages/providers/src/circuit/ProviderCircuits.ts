/**
 * The supervisor of the circuits, one per target. A circuit that has a defect is logged with its id and replaced, under a
 * backoff of its own; calls that run in it already go on, and the other targets never notice. Idle circuits are evicted.
 */
import { Cause, Clock, Context, Duration, Effect, Layer, LayerMap } from "effect"
import { CircuitBreaker } from "effect/persistence"
import type { ModelAnswer } from "@parley/domain/ModelEvent"
import type { ModelInfo, ModelSink } from "@parley/domain/ModelProvider"
import type { ModelRequest } from "@parley/domain/ModelRequest"
import { ProviderFailed, ProviderUnavailable } from "@parley/domain/ProviderError"
import type { ProviderError } from "@parley/domain/ProviderError"
import type { ProviderLimits } from "../ProviderLimits.ts"
import { makeCircuitStatistics } from "./CircuitStatistics.ts"
import type { CircuitStatistics } from "./CircuitStatistics.ts"
import { ProviderCircuit, SinkDefect } from "./ProviderCircuit.ts"
import type { ProviderSource } from "./ProviderCircuit.ts"

export interface CircuitHealth {
  readonly target: string
  readonly state: "closed" | "open" | "half-open"
  readonly inFlight: number
  readonly maxConcurrent: number
  readonly succeeded: number
  readonly failed: number
  /** How often its circuit had a defect. */
  readonly restarts: number
  readonly retryAfterMs?: number
  readonly lastFailure?: string
}

export class ProviderCircuits extends Context.Service<
  ProviderCircuits,
  {
    readonly complete: (target: string, request: ModelRequest) => Effect.Effect<ModelAnswer, ProviderError>
    readonly stream: (target: string, request: ModelRequest, sink: ModelSink) => Effect.Effect<ModelAnswer, ProviderError>
    readonly models: (target: string) => Effect.Effect<ReadonlyArray<ModelInfo>, ProviderError>
    readonly health: Effect.Effect<ReadonlyArray<CircuitHealth>>
  }
>()("@parley/providers/circuit/ProviderCircuits") {
  static layer(sources: ReadonlyArray<ProviderSource>, limits: ProviderLimits) {
    return Layer.effect(ProviderCircuits, makeCircuits(sources, limits))
  }
}

/** What outlives a target's circuit in this process. */
interface Supervised {
  readonly source: ProviderSource
  readonly statistics: CircuitStatistics
  restarts: number
  /** Defects without a quiet time between them. */
  streak: number
  lastDefectMs: number
  notBeforeMs: number
}

const makeCircuits = Effect.fnUntraced(function* (sources: ReadonlyArray<ProviderSource>, limits: ProviderLimits) {
  const store = yield* CircuitBreaker.CircuitBreakerStore
  const targets = new Map(sources.map((source) => [source.id, supervise(source)]))
  const circuits = yield* LayerMap.make((target: Supervised) => circuitOf(target, limits), {
    idleTimeToLive: limits.circuitIdleMs
  })

  const use = <A>(
    id: string,
    model: string,
    call: (circuit: ProviderCircuit["Service"]) => Effect.Effect<A, ProviderError>
  ): Effect.Effect<A, ProviderError> =>
    Effect.suspend(() => {
      const target = targets.get(id)
      if (target === undefined) return Effect.die(new Error(`There is no circuit of ${id}`))
      if (target.notBeforeMs === 0) return supervised(target, model, call)
      return Effect.flatMap(Clock.currentTimeMillis, (nowMs) =>
        nowMs < target.notBeforeMs
          ? Effect.fail(restarting(id, model, target.notBeforeMs - nowMs))
          : supervised(target, model, call)
      )
    })

  const supervised = <A>(
    target: Supervised,
    model: string,
    call: (circuit: ProviderCircuit["Service"]) => Effect.Effect<A, ProviderError>
  ): Effect.Effect<A, ProviderError> => {
    let incarnation = target.restarts
    const started = Effect.scoped(
      Effect.flatMap(circuits.contextEffect(target), (context) => {
        const circuit = Context.get(context, ProviderCircuit)
        incarnation = circuit.incarnation
        return call(circuit)
      })
    )
    return Effect.catchCauseIf(started, Cause.hasDies, (cause) => {
      const defect = Cause.squash(cause)
      if (defect instanceof SinkDefect) return Effect.die(defect.cause)
      return Effect.andThen(restart(target, incarnation, cause), Effect.fail(defectOf(target.source.id, model)))
    })
  }

  const restart = Effect.fnUntraced(function* (target: Supervised, incarnation: number, cause: Cause.Cause<unknown>) {
    const id = target.source.id
    if (incarnation !== target.restarts) {
      return yield* Effect.annotateLogs(Effect.logError("A replaced circuit had a defect", cause), { circuit: id })
    }
    const nowMs = yield* Clock.currentTimeMillis
    target.streak = nowMs - target.lastDefectMs > limits.maxRestartMs ? 1 : target.streak + 1
    const waitMs = Math.min(limits.restartMs * 2 ** (target.streak - 1), limits.maxRestartMs)
    target.restarts++
    target.lastDefectMs = nowMs
    target.notBeforeMs = nowMs + waitMs
    target.statistics.lastFailure = "The circuit had a defect"
    yield* circuits.invalidate(target)
    yield* Effect.annotateLogs(Effect.logError(`A circuit had a defect and starts again in ${waitMs} ms`, cause), {
      circuit: id
    })
  })

  return ProviderCircuits.of({
    complete: (id, request) => use(id, request.model, (circuit) => circuit.complete(request)),
    stream: (id, request, sink) => use(id, request.model, (circuit) => circuit.stream(request, sink)),
    models: (id) => use(id, "", (circuit) => circuit.models),
    health: Effect.forEach([...targets.values()], (target) => healthOf(store, target, limits))
  })
})

const supervise = (source: ProviderSource): Supervised => ({
  source,
  statistics: makeCircuitStatistics(),
  restarts: 0,
  streak: 0,
  lastDefectMs: 0,
  notBeforeMs: 0
})

const circuitOf = (target: Supervised, limits: ProviderLimits) =>
  ProviderCircuit.layer(target.source, target.restarts, target.statistics, target.source.limits ?? limits)

const defectOf = (provider: string, model: string): ProviderFailed =>
  new ProviderFailed({
    provider,
    model,
    code: "internal",
    message: `Parley's own client of ${provider} failed; the cause is in the log`
  })

const restarting = (provider: string, model: string, retryAfterMs: number): ProviderUnavailable =>
  new ProviderUnavailable({
    provider,
    model,
    message: `${provider} is not available now: its circuit is starting again`,
    retryAfterMs
  })

/** A store that is away says nothing: such a circuit lets calls through, so it is shown as closed. */
const healthOf = (
  store: CircuitBreaker.CircuitBreakerStore["Service"],
  { restarts, source, statistics }: Supervised,
  limits: ProviderLimits
): Effect.Effect<CircuitHealth> =>
  store.state(source.id).pipe(
    Effect.catch(() => Effect.succeed<CircuitBreaker.State>({ _tag: "Closed", key: source.id })),
    Effect.map((state) => ({
      target: source.id,
      state: stateNames[state._tag],
      inFlight: statistics.inFlight,
      maxConcurrent: (source.limits ?? limits).maxConcurrent,
      succeeded: statistics.succeeded,
      failed: statistics.failed,
      restarts,
      ...(state._tag === "Open" ? { retryAfterMs: Duration.toMillis(state.retryAfter) } : {}),
      ...(statistics.lastFailure === undefined ? {} : { lastFailure: statistics.lastFailure })
    }))
  )

const stateNames: Record<CircuitBreaker.State["_tag"], CircuitHealth["state"]> = {
  Closed: "closed",
  Open: "open",
  HalfOpen: "half-open"
}
