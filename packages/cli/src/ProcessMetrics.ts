/** What the process is doing, sampled for `/metrics`: nothing of it is counted on the way of a request or a token. */
import { GatewayServer } from "@parley/gateway/server/GatewayServer"
import { SocketSessions } from "@parley/gateway/socket/SocketSessions"
import { Providers } from "@parley/providers/Providers"
import { RunningRuns } from "@parley/runtime/conversations/RunningRuns"
import { Effect, Layer, Metric } from "effect"
import { makeTargetMetrics } from "./targetMetrics.ts"

/** Between two samples, in milliseconds; a scrape is seldom more often. */
const sampleEveryMs = 5_000

const httpConnections = Metric.gauge("parley_http_connections", { description: "Open HTTP connections" })
const requestsInFlight = Metric.gauge("parley_http_requests_in_flight", { description: "Requests that are being answered" })
const webSockets = Metric.gauge("parley_websockets", { description: "Open WebSockets of parley.v1" })
const runs = Metric.gauge("parley_runs_active", { description: "Answers that are being written in this process" })
const tellTargets = makeTargetMetrics()

const sampleDoors = Effect.gen(function* () {
  const connections = (yield* GatewayServer).connections()
  yield* Metric.update(httpConnections, connections.http)
  yield* Metric.update(requestsInFlight, connections.inFlight)
  yield* Metric.update(webSockets, yield* (yield* SocketSessions).count)
})

const sampleWork = Effect.gen(function* () {
  yield* Metric.update(runs, yield* (yield* RunningRuns).count)
  yield* tellTargets(yield* (yield* Providers).health)
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
