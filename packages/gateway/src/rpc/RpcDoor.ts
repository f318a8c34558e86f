/**
 * `POST /rpc`: `ParleyRpc` for internal services, one JSON message a line, the answers streamed. A request without a good key is answered by its
 * status, and its body is not read.
 */
import { Effect, Layer } from "effect"
import { Authenticator } from "@parley/domain/Administration"
import type { Completions } from "@parley/domain/Completions"
import type { Conversations } from "@parley/domain/Conversations"
import { ParleyRpc } from "@parley/domain/rpc/ParleyRpc"
import { HttpRouter, HttpServerError, HttpServerRequest, HttpServerRespondable } from "effect/http"
import { RpcSerialization, RpcServer } from "effect/rpc"
import { problemResponse } from "../api/renderProblem.ts"
import { authenticateRequest } from "../auth/authenticateRequest.ts"
import { CurrentRequestId } from "../auth/CurrentRequest.ts"
import { layerRpcAuth } from "./layerRpcAuth.ts"
import { rpcHandlers } from "./rpcHandlers.ts"

/** Answers of one request that wait to be written; past it the stream waits, and its follower is conflated. */
const maxWaitingAnswers = 4
/** Longest line of a request, in UTF-16 code units; images travel in it. */
const maxLineLength = 16_777_216

const route = Effect.gen(function* () {
  const router = yield* HttpRouter.HttpRouter
  const authenticator = yield* Authenticator
  const answer = yield* RpcServer.toHttpEffect(ParleyRpc, {
    spanPrefix: "rpc",
    streamBufferSize: maxWaitingAnswers,
    disableFatalDefects: true
  })
  // A body that cannot be read is its sender's fault, not a defect of ours.
  const answered = Effect.catchDefect(answer, (defect) =>
    HttpServerError.isHttpServerError(defect) ? HttpServerRespondable.toResponse(defect) : Effect.die(defect)
  )
  yield* router.add(
    "POST",
    "/rpc",
    Effect.gen(function* () {
      const { headers } = yield* HttpServerRequest.HttpServerRequest
      const requestId = yield* CurrentRequestId
      return yield* Effect.matchEffect(authenticateRequest(authenticator, headers, requestId), {
        onFailure: (error) => Effect.succeed(problemResponse(error, requestId)),
        onSuccess: () => answered
      })
    })
  )
})

export const RpcDoor = {
  layer: Layer.effectDiscard(route).pipe(
    Layer.provide(rpcHandlers),
    Layer.provide(layerRpcAuth),
    Layer.provide(RpcSerialization.layerNdjsonWith({ maxBufferSize: maxLineLength }))
  ) satisfies Layer.Layer<never, never, HttpRouter.HttpRouter | Authenticator | Conversations | Completions>
}
