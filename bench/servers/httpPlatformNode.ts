/** The typed API on @effect/platform-node's server. */
import { Effect, Layer } from "effect"
import { HttpRouter, HttpServer } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { createServer } from "node:http"
import { typedApiLayer } from "./typedApi.ts"

const announce = Layer.effectDiscard(
  Effect.gen(function* () {
    const { address } = yield* HttpServer.HttpServer
    process.send?.({ type: "ready", port: address._tag === "UnixPathAddress" ? 0 : address.port })
  })
)

const server = HttpRouter.serve(typedApiLayer(HttpApiBuilder.group), { disableLogger: true, disableListenLog: true }).pipe(
  Layer.provideMerge(announce),
  Layer.provide(NodeHttpServer.layer(() => createServer({ noDelay: true }), { host: "127.0.0.1", port: 0 }))
)

Effect.runFork(Layer.launch(server))
