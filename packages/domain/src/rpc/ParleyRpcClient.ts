/** The typed client of `/rpc`, for other processes: `ParleyRpcClient.layer({ url, key })` over any `HttpClient`. */
import { Context, Layer, Redacted } from "effect"
import { Headers } from "effect/http"
import type { HttpClient } from "effect/http"
import { RpcClient, RpcMiddleware, RpcSerialization } from "effect/rpc"
import type { RpcClientError } from "effect/rpc"
import { ParleyRpc } from "./ParleyRpc.ts"
import { RpcAuth } from "./RpcAuth.ts"

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
      Layer.provide(bearer(options.key)),
      Layer.provide(RpcClient.layerProtocolHttp({ url: options.url })),
      Layer.provide(RpcSerialization.layerNdjson)
    )
}

const bearer = (key: Redacted.Redacted<string>) =>
  RpcMiddleware.layerClient(RpcAuth, ({ next, request }) =>
    next({
      ...request,
      headers: Headers.set(request.headers, "authorization", `Bearer ${Redacted.value(key)}`)
    })
  )
