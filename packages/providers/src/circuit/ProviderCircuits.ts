/**
 * The supervisor of the circuits, one per target. A circuit that has a defect is logged with its name and replaced, its provider's connections too,
 * under a backoff of its own; calls that run in it already go on, and the other targets never notice. Idle circuits are evicted.
 */
import { Cause, Clock, Context, Effect, Layer, LayerMap, RcMap } from "effect"
import { CircuitBreaker } from "effect/persistence"
import type { EmbeddingAnswer, EmbeddingRequest } from "@parley/domain/Embeddings"
import type { ModelAnswer } from "@parley/domain/ModelEvent"
import type { CallOptions, ModelInfo, ModelSink } from "@parley/domain/ModelProvider"
import type { ModelRequest } from "@parley/domain/ModelRequest"
import { ProviderFailed, ProviderUnavailable } from "@parley/domain/ProviderError"
import type { ProviderError } from "@parley/domain/ProviderError"
import type { Embedder } from "../embeddings/makeEmbedder.ts"
import type { OwnedModel } from "../modelNames.ts"
import type { ProviderLimits } from "../ProviderLimits.ts"
import { healthOf } from "./CircuitHealth.ts"
import type { CircuitHealth } from "./CircuitHealth.ts"
import { CircuitLeases } from "./CircuitLeases.ts"
import { makeProbes } from "./probes.ts"
import { ProviderCircuit } from "./ProviderCircuit.ts"
import type { ProviderSource } from "./ProviderCircuit.ts"
import type { Supervised } from "./Supervised.ts"
import { Targets } from "./Targets.ts"
import { SinkDefect } from "./WatchedSink.ts"

export class ProviderCircuits extends Context.Service<
  ProviderCircuits,
  {
    readonly complete: (
      target: OwnedModel,
      request: ModelRequest,
      options?: CallOptions
    ) => Effect.Effect<ModelAnswer, ProviderError>
    readonly stream: (
      target: OwnedModel,
      request: ModelRequest,
      sink: ModelSink,
      options?: CallOptions
    ) => Effect.Effect<ModelAnswer, ProviderError>
    readonly embed: (
      target: OwnedModel,
      request: EmbeddingRequest,
      embedder: Embedder
    ) => Effect.Effect<EmbeddingAnswer, ProviderError>
    /** What is known of a target; it need not have been called yet. */
    readonly target: (target: OwnedModel) => Supervised
    /** Past the circuits: a list of models says nothing about answers. */
    readonly models: (provider: string) => Effect.Effect<ReadonlyArray<ModelInfo>, ProviderError>
    /** Of the targets that were asked for; a provider whose models nobody asked for is not among them. */
    readonly health: Effect.Effect<ReadonlyArray<CircuitHealth>>
  }
>()("@parley/providers/circuit/ProviderCircuits") {
  static layer(sources: ReadonlyArray<ProviderSource>, limits: ProviderLimits) {
    return Layer.effect(ProviderCircuits, makeCircuits(sources, limits))
  }
}

const makeCircuits = Effect.fnUntraced(function* (sources: ReadonlyArray<ProviderSource>, limits: ProviderLimits) {
  const store = yield* CircuitBreaker.CircuitBreakerStore
  const targets = new Targets(sources, limits)
  const idle = { idleTimeToLive: limits.circuitIdleMs }
  const clients = yield* RcMap.make({ lookup: (source: ProviderSource) => source.make, ...idle })
  // Given by name: a map's lookup finds what the calling fiber has before what the map was made with, and a tenant's own circuits have a store of
  // their own.
  const ownStore = Layer.succeed(CircuitBreaker.CircuitBreakerStore, store)
  const circuits = yield* LayerMap.make(
    (target: Supervised) => Layer.provide(ProviderCircuit.layer(target, clients, target.access.limits), ownStore),
    idle
  )
  const leases = new CircuitLeases((target) => circuits.contextEffect(target))

  const use = <A>(
    owned: OwnedModel,
    call: (circuit: ProviderCircuit["Service"]) => Effect.Effect<A, ProviderError>
  ): Effect.Effect<A, ProviderError> =>
    Effect.withFiber((fiber) => {
      const nowMs = fiber.getRef(Clock.Clock).currentTimeMillisUnsafe()
      const target = targets.used(owned, nowMs)
      return nowMs < target.notBeforeMs ? Effect.fail(restarting(target, target.notBeforeMs - nowMs)) : supervised(target, call)
    })

  const supervised = <A>(
    target: Supervised,
    call: (circuit: ProviderCircuit["Service"]) => Effect.Effect<A, ProviderError>
  ): Effect.Effect<A, ProviderError> => {
    let incarnation = target.restarts
    const started = leases.use(target, (circuit) => {
      incarnation = circuit.incarnation
      return call(circuit)
    })
    return Effect.catchCauseIf(started, Cause.hasDies, (cause) => {
      const defect = Cause.squash(cause)
      if (defect instanceof SinkDefect) return Effect.die(defect.cause)
      return Effect.andThen(restart(target, incarnation, cause), Effect.fail(defectOf(target.access.source.id, target.model)))
    })
  }

  const restart = Effect.fnUntraced(function* (target: Supervised, incarnation: number, cause: Cause.Cause<unknown>) {
    const circuit = target.name
    if (incarnation !== target.restarts) {
      return yield* Effect.annotateLogs(Effect.logError("A replaced circuit had a defect", cause), { circuit })
    }
    const nowMs = yield* Clock.currentTimeMillis
    target.streak = nowMs - target.lastDefectMs > limits.maxRestartMs ? 1 : target.streak + 1
    const waitMs = Math.min(limits.restartMs * 2 ** (target.streak - 1), limits.maxRestartMs)
    target.restarts++
    target.lastDefectMs = nowMs
    target.notBeforeMs = nowMs + waitMs
    target.statistics.lastFailure = "The circuit had a defect"
    leases.forget(target)
    yield* circuits.invalidate(target)
    yield* RcMap.invalidate(clients, target.access.source)
    yield* Effect.annotateLogs(Effect.logError(`A circuit had a defect and starts again in ${waitMs} ms`, cause), { circuit })
  })

  const models = (provider: string): Effect.Effect<ReadonlyArray<ModelInfo>, ProviderError> =>
    Effect.suspend(() => {
      const { source } = targets.access(provider)
      return Effect.catchCauseIf(
        Effect.scoped(Effect.flatMap(RcMap.get(clients, source), (client) => client.models)),
        Cause.hasDies,
        (cause) =>
          Effect.annotateLogs(Effect.logError("A provider's models could not be listed", cause), { provider }).pipe(
            Effect.andThen(RcMap.invalidate(clients, source)),
            Effect.andThen(Effect.fail(defectOf(provider, "")))
          )
      )
    })

  yield* Effect.forkScoped(makeProbes({ targets, store, models, limits }))

  return ProviderCircuits.of({
    complete: (target, request, options) => use(target, (circuit) => circuit.complete(request, options)),
    stream: (target, request, sink, options) => use(target, (circuit) => circuit.stream(request, sink, options)),
    embed: (target, request, embedder) => use(target, (circuit) => circuit.embed(request, embedder)),
    target: (target) => targets.of(target),
    models,
    health: Effect.flatMap(Clock.currentTimeMillis, (nowMs) =>
      Effect.forEach(targets.all(), (target) => healthOf(store, target, nowMs), { concurrency: healthChecksAtOnce })
    )
  })
})

/** States that are read from the store at once. */
const healthChecksAtOnce = 16

const defectOf = (provider: string, model: string): ProviderFailed =>
  new ProviderFailed({
    provider,
    model,
    code: "internal",
    message: `Parley's own client of ${provider} failed; the cause is in the log`
  })

const restarting = ({ access, model, name }: Supervised, retryAfterMs: number): ProviderUnavailable =>
  new ProviderUnavailable({
    provider: access.source.id,
    model,
    message: `${name} is not available now: its circuit is starting again`,
    retryAfterMs
  })
