/** The typed API on Parley's own server. */
import { Effect, Layer } from "effect"
import { HttpRouter } from "effect/http"
import { GatewayServer } from "@parley/gateway/server/GatewayServer"
import { typedApiLayer } from "./typedApi.ts"

const announce = Layer.effectDiscard(
  Effect.gen(function* () {
    const { address } = yield* GatewayServer
    process.send?.({ type: "ready", port: address.port })
  })
)

const server = HttpRouter.serve(typedApiLayer, { disableLogger: true, disableListenLog: true }).pipe(
  Layer.provideMerge(announce),
  Layer.provide(GatewayServer.layer({ host: "127.0.0.1", port: 0 }))
)

Effect.runFork(Layer.launch(server))
