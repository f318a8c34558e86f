/** What the process is doing, sampled for `/metrics`: nothing of it is counted on the way of a request or a token. */
import { GatewayServer } from "@parley/gateway/server/GatewayServer"
import { SocketSessions } from "@parley/gateway/socket/SocketSessions"
import { Providers } from "@parley/providers/Providers"
import { RunningRuns } from "@parley/runtime/conversations/RunningRuns"
import { Effect, Layer, Metric } from "effect"

/** Between two samples, in milliseconds; a scrape is seldom more often. */
const sampleEveryMs = 5_000

const httpConnections = Metric.gauge("parley_http_connections", { description: "Open HTTP connections" })
const requestsInFlight = Metric.gauge("parley_http_requests_in_flight", { description: "Requests that are being answered" })
const webSockets = Metric.gauge("parley_websockets", { description: "Open WebSockets of parley.v1" })
const runs = Metric.gauge("parley_runs_active", { description: "Answers that are being written in this process" })
const callsInFlight = Metric.gauge("parley_provider_calls_in_flight", { description: "Calls to a provider target under way" })
const callsSucceeded = Metric.gauge("parley_provider_calls_succeeded", {
  description: "Calls that a target has answered since the process began"
})
const callsFailed = Metric.gauge("parley_provider_calls_failed", {
  description: "Calls that have failed at a target since the process began"
})
const circuitOpen = Metric.gauge("parley_provider_circuit_open", {
  description: "1 while a target's circuit is open, 0.5 while it is tried again, else 0"
})

const openness = { closed: 0, "half-open": 0.5, open: 1 } as const

const sampleDoors = Effect.gen(function* () {
  const connections = (yield* GatewayServer).connections()
  yield* Metric.update(httpConnections, connections.http)
  yield* Metric.update(requestsInFlight, connections.inFlight)
  yield* Metric.update(webSockets, yield* (yield* SocketSessions).count)
})

const sampleWork = Effect.gen(function* () {
  yield* Metric.update(runs, yield* (yield* RunningRuns).count)
  for (const health of yield* (yield* Providers).health) {
    const of = (metric: Metric.Gauge<number>) => Metric.withAttributes(metric, { target: health.target })
    yield* Metric.update(of(callsInFlight), health.inFlight)
    yield* Metric.update(of(callsSucceeded), health.succeeded)
    yield* Metric.update(of(callsFailed), health.failed)
    yield* Metric.update(of(circuitOpen), openness[health.state])
  }
})

const sampled = <R>(sample: Effect.Effect<void, never, R>) =>
  Layer.effectDiscard(
    sample.pipe(
      Effect.catchCause((cause) => Effect.logWarning("The process could not be sampled", cause)),
      Effect.andThen(Effect.sleep(sampleEveryMs)),
      Effect.forever,
      Effect.forkScoped
    )
  )

/** Of a process that has doors. */
export const layerProcessMetrics = sampled(Effect.andThen(sampleDoors, sampleWork))

/** Of a runner. */
export const layerRunnerMetrics = sampled(sampleWork)
