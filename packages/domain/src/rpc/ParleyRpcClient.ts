/** The typed client of `/rpc`, for other processes: `ParleyRpcClient.layer({ url, key })` over any `HttpClient`. */
import { Context, Effect, Layer } from "effect"
import type { Redacted } from "effect"
import { HttpClient, HttpClientError, HttpClientRequest, HttpClientResponse } from "effect/http"
import { RpcClient, RpcClientError, RpcMiddleware, RpcSerialization } from "effect/rpc"
import { Problem } from "../api/Problem.ts"
import { Forbidden, Unauthorized, Unavailable } from "../Errors.ts"
import { errorTraits } from "../ErrorTraits.ts"
import { ParleyRpc } from "./ParleyRpc.ts"
import { RpcAuth } from "./RpcAuth.ts"
import type { RpcAuthError } from "./RpcAuth.ts"

export interface ParleyRpcClientOptions {
  /** `http://host:port/rpc` */
  readonly url: string
  readonly key: Redacted.Redacted<string>
}

export class ParleyRpcClient extends Context.Service<
  ParleyRpcClient,
  RpcClient.FromGroup<typeof ParleyRpc, RpcClientError.RpcClientError>
>()("@parley/domain/rpc/ParleyRpcClient") {
  static readonly layer = (options: ParleyRpcClientOptions): Layer.Layer<ParleyRpcClient, never, HttpClient.HttpClient> =>
    Layer.effect(ParleyRpcClient, RpcClient.make(ParleyRpc)).pipe(
      Layer.provide(refusals),
      Layer.provide(RpcClient.layerProtocolHttp({ url: options.url })),
      Layer.provide(RpcSerialization.layerNdjson),
      Layer.provide(withKey(options.key))
    )
}

/** The key goes into the request's head, where the door looks for it before it reads anything. */
const withKey = (key: Redacted.Redacted<string>) =>
  Layer.effect(
    HttpClient.HttpClient,
    Effect.map(HttpClient.HttpClient, (client) =>
      client.pipe(HttpClient.mapRequest(HttpClientRequest.bearerToken(key)), HttpClient.filterStatusOk)
    )
  )

/** What the door says of a key comes as a status, before there is any call; here it becomes each call's own error. */
const refusals = RpcMiddleware.layerClient(RpcAuth, ({ next, request }) =>
  Effect.catch(next(request), (error) => Effect.flatMap(refusalOf(error), (refusal) => Effect.fail(refusal ?? error)))
)

const refusalOf = (error: unknown): Effect.Effect<RpcAuthError | undefined> => {
  const answer =
    error instanceof RpcClientError.RpcClientError && error.reason._tag === "HttpError" ? error.reason.cause : undefined
  if (!(answer instanceof HttpClientError.StatusCodeError)) return Effect.succeed(undefined)
  return readProblem(answer.response).pipe(
    Effect.map(errorOf),
    Effect.orElseSucceed(() => undefined)
  )
}

const readProblem = HttpClientResponse.schemaBodyJson(Problem)

const errorOf = ({ code, detail, retryAfterMs }: Problem): RpcAuthError | undefined => {
  switch (code) {
    case errorTraits.Unauthorized.code:
      return new Unauthorized({ message: detail })
    case errorTraits.Forbidden.code:
      return new Forbidden({ message: detail })
    case errorTraits.Unavailable.code:
      return new Unavailable({ message: detail, retryAfterMs: Math.ceil(retryAfterMs ?? 0), workMayHaveHappened: false })
    default:
      return undefined
  }
}
