/** The middlewares of `/api`: who asks, and requests that do not fit their schema. */
import { Authenticator } from "@parley/domain/Administration"
import { Authentication } from "@parley/domain/api/Authentication"
import { Problems } from "@parley/domain/api/Problems"
import { Visiting } from "@parley/domain/api/Visiting"
import { Caller } from "@parley/domain/Caller"
import { Busy, InvalidRequest } from "@parley/domain/Errors"
import { Effect, Layer } from "effect"
import { HttpMethod, HttpServerRequest, type HttpServerResponse } from "effect/http"
import { HttpApiMiddleware } from "effect/http-api"
import { AllowedOrigins } from "../auth/AllowedOrigins.ts"
import { authenticateApi, forged } from "../auth/authenticateApi.ts"
import { CurrentRequestId } from "../auth/CurrentRequest.ts"
import { isForged } from "../auth/requestOrigin.ts"
import { headerOf } from "../auth/sessionCookie.ts"
import { makeBounded } from "../auth/VisitorLimits.ts"
import { maxJsonDepth } from "../bodyLimits.ts"
import { faultsOf } from "../faults.ts"
import { isDeeperThan } from "../socket/jsonDepth.ts"
import { orProblem, problemResponse } from "./renderProblem.ts"

export const layerAuthentication = Layer.effect(
  Authentication,
  Effect.gen(function* () {
    const authenticator = yield* Authenticator
    const allowedOrigins = yield* AllowedOrigins
    const authenticated = <E, R>(route: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>) =>
      Effect.gen(function* () {
        const request = yield* HttpServerRequest.HttpServerRequest
        const requestId = yield* CurrentRequestId
        return yield* Effect.matchEffect(authenticateApi(authenticator, request, requestId, allowedOrigins), {
          onFailure: (error) => Effect.succeed(problemResponse(error, requestId)),
          onSuccess: (caller) => Effect.provideService(withinDepth(request, requestId, route), Caller, caller)
        })
      })
    // Headers and cookie are read by `authenticateApi`; the schemes only say so in the API's description.
    return Authentication.of({ bearer: authenticated, apiKey: authenticated, session: authenticated })
  })
)

/** Nobody is known yet; but a page of another origin signs nobody in, or out. */
export const layerVisiting = Layer.effect(
  Visiting,
  Effect.gen(function* () {
    const allowedOrigins = yield* AllowedOrigins
    const bounded = yield* makeBounded
    return Visiting.of((route) =>
      Effect.gen(function* () {
        const request = yield* HttpServerRequest.HttpServerRequest
        const requestId = yield* CurrentRequestId
        if (isForged(request.method, headerOf(request), allowedOrigins)) return problemResponse(forged, requestId)
        return yield* bounded(withinDepth(request, requestId, route)).pipe(
          Effect.catchIf(
            (error) => error instanceof Busy,
            (error) => Effect.succeed(problemResponse(error, requestId))
          )
        )
      })
    )
  })
)

/** Before the schema reads the body, whose recursion follows its nesting. The body that the schema reads afterwards is the same one, read once. */
const withinDepth = <E, R>(
  request: HttpServerRequest.HttpServerRequest,
  requestId: string,
  route: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>
) =>
  HttpMethod.hasBody(request.method) && !isBytes(request)
    ? Effect.flatMap(Effect.orDie(request.text), (text) =>
        isDeeperThan(text, maxJsonDepth) ? Effect.succeed(problemResponse(tooDeep(), requestId)) : route
      )
    : route

/** An upload: read by its handler, never as JSON. A route that wants JSON refuses this type. */
const isBytes = (request: HttpServerRequest.HttpServerRequest): boolean =>
  /^application\/octet-stream\s*(;|$)/i.test(request.headers["content-type"] ?? "")

const tooDeep = () => {
  const message = `The body nests deeper than ${maxJsonDepth} levels.`
  return new InvalidRequest({ message, issues: [{ path: "payload", message }] })
}

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
