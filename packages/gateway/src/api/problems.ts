/** The middlewares of `/api`: who asks, and requests that do not fit their schema. */
import { Authenticator } from "@parley/domain/Administration"
import { Authentication } from "@parley/domain/api/Authentication"
import { Problems } from "@parley/domain/api/Problems"
import { Caller } from "@parley/domain/Caller"
import { InvalidRequest } from "@parley/domain/Errors"
import { Effect, Layer } from "effect"
import { HttpServerRequest } from "effect/http"
import { HttpApiMiddleware } from "effect/http-api"
import { authenticateRequest } from "../auth/authenticateRequest.ts"
import { CurrentRequestId } from "../auth/CurrentRequest.ts"
import { faultsOf } from "../faults.ts"
import { orProblem, problemResponse } from "./renderProblem.ts"

export const layerAuthentication = Layer.effect(
  Authentication,
  Effect.map(Authenticator, (authenticator) =>
    Authentication.of({
      bearer: (route) =>
        Effect.gen(function* () {
          const request = yield* HttpServerRequest.HttpServerRequest
          const requestId = yield* CurrentRequestId
          return yield* Effect.matchEffect(authenticateRequest(authenticator, request.headers, requestId), {
            onFailure: (error) => Effect.succeed(problemResponse(error, requestId)),
            onSuccess: (caller) => Effect.provideService(route, Caller, caller)
          })
        })
    })
  )
)

export const layerProblems = HttpApiMiddleware.layerSchemaErrorTransform(Problems, (error) =>
  error.kind === "Body" || error.kind === "ResponseHeaders"
    ? Effect.die(error)
    : orProblem(
        Effect.fail(
          new InvalidRequest({
            message: "The request does not fit its schema; `issues` says where.",
            issues: faultsOf(error.cause.issue, error.kind.toLowerCase())
          })
        )
      )
)
