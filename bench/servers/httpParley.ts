/** The typed API on Parley's own server, as its programs begin and as its gateway makes its groups. */
import "effect/schema/SchemaJITCompiler/enable"
import { Effect, Layer } from "effect"
import { HttpRouter } from "effect/http"
import { apiGroup } from "@parley/gateway/api/apiGroup"
import { GatewayServer } from "@parley/gateway/server/GatewayServer"
import { typedApiLayer } from "./typedApi.ts"

const announce = Layer.effectDiscard(
  Effect.gen(function* () {
    const { address } = yield* GatewayServer
    process.send?.({ type: "ready", port: address.port })
  })
)

const server = HttpRouter.serve(typedApiLayer(apiGroup), { disableLogger: true, disableListenLog: true }).pipe(
  Layer.provideMerge(announce),
  Layer.provide(GatewayServer.layer({ host: "127.0.0.1", port: 0 }))
)

Effect.runFork(Layer.launch(server))
