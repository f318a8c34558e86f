/** `/health/live`, `/health/ready` and, where the process is told to have it there, `/metrics`: for whoever runs Parley. */
import { Authenticator, Readiness } from "@parley/domain/Administration"
import { Forbidden } from "@parley/domain/Errors"
import { Effect } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { PrometheusMetrics } from "effect/observability"
import { orProblem } from "../api/renderProblem.ts"
import { authenticateRequest } from "../auth/authenticateRequest.ts"
import { CurrentRequestId } from "../auth/CurrentRequest.ts"

const noStore = { "cache-control": "no-store" }

/** The process answers; nothing more is said of it. */
const live = Effect.succeed(HttpServerResponse.jsonUnsafe({ status: "live" }, { headers: noStore }))

const ready = Effect.map(Readiness, (readiness) =>
  Effect.map(readiness.check, ({ parts, ready }) =>
    HttpServerResponse.jsonUnsafe(
      { status: ready ? "ready" : "not ready", parts },
      { status: ready ? 200 : 503, headers: noStore }
    )
  )
)

/** For keys with the scope `metrics`, and administrators. */
const metrics = Effect.map(Authenticator, (authenticator) =>
  orProblem(
    Effect.gen(function* () {
      const { headers } = yield* HttpServerRequest.HttpServerRequest
      const caller = yield* authenticateRequest(authenticator, headers, yield* CurrentRequestId)
      if (!caller.scopes.includes("metrics") && !caller.roles.includes("admin")) {
        return yield* new Forbidden({ message: "This key does not have the scope `metrics`; use one that has it." })
      }
      return HttpServerResponse.text(yield* PrometheusMetrics.format(), {
        contentType: "text/plain; version=0.0.4; charset=utf-8",
        headers: noStore
      })
    })
  )
)

export const layerHealthDoor = HttpRouter.use((router) =>
  Effect.gen(function* () {
    yield* router.add("GET", "/health/live", live)
    yield* router.add("GET", "/health/ready", yield* ready)
  })
)

export const layerMetricsDoor = HttpRouter.use((router) =>
  Effect.gen(function* () {
    yield* router.add("GET", "/metrics", yield* metrics)
  })
)
