/** Who asks over `/rpc`: the key in the call's own headers, else in its request's, which the door has seen already. */
import { Context, Effect, Layer } from "effect"
import { Authenticator } from "@parley/domain/Administration"
import type { Scope } from "@parley/domain/Caller"
import { Caller } from "@parley/domain/Caller"
import { makeRequestId, RequestId } from "@parley/domain/Ids"
import { RpcAuth } from "@parley/domain/rpc/RpcAuth"
import { Clock, Schema } from "effect"
import { authenticateRequest, requireScope } from "../auth/authenticateRequest.ts"
import { CurrentRequestId } from "../auth/CurrentRequest.ts"

const isRequestId = Schema.is(RequestId)

/** The scope that a call needs of its key, where it is not `chat`. */
const scopes: Readonly<Record<string, Scope>> = {
  Complete: "completions",
  StreamCompletion: "completions",
  ListModels: "completions"
}

export const layerRpcAuth: Layer.Layer<RpcAuth, never, Authenticator> = Layer.effect(
  RpcAuth,
  Effect.map(Authenticator, (authenticator) =>
    RpcAuth.of((call, { headers, rpc }) =>
      Effect.withFiber((fiber) => {
        const given = headers["x-request-id"]
        const requestId =
          Context.getOrUndefined(fiber.context, CurrentRequestId) ??
          (isRequestId(given) ? given : makeRequestId(fiber.getRef(Clock.Clock).currentTimeMillisUnsafe()))
        return authenticateRequest(authenticator, headers, requestId).pipe(
          Effect.flatMap((caller) => requireScope(caller, scopes[rpc._tag] ?? "chat")),
          Effect.flatMap((caller) => Effect.provideService(call, Caller, caller)),
          Effect.annotateLogs({ requestId })
        )
      })
    )
  )
)
