import { Context, Effect, Exit, Layer, Scope } from "effect"
import * as HttpRouter from "effect/http/HttpRouter"
import type { HttpServerError } from "effect/http/HttpServerError"
import { GatewayServer } from "../../../src/server/GatewayServer.ts"
import type { ServerOptions } from "../../../src/server/ServerOptions.ts"
import type { WebSocketRoutes } from "../../../src/server/WebSocketRoutes.ts"
import type { Engine } from "./engines.ts"

export interface RunningServer {
  readonly url: string
  readonly port: number
  readonly gateway: GatewayServer["Service"]
  /** Releases the layer, as the program does when it stops. */
  readonly close: () => Promise<void>
}

export const startServer = async (
  engine: Engine,
  app: Layer.Layer<never, never, HttpRouter.HttpRouter | HttpRouter.Request<"Error", HttpServerError> | WebSocketRoutes>,
  options?: Partial<ServerOptions>
): Promise<RunningServer> => {
  const scope = Scope.makeUnsafe()
  const served = HttpRouter.serve(app, { disableLogger: true, disableListenLog: true }).pipe(
    Layer.provideMerge(GatewayServer.layer({ host: "127.0.0.1", port: 0, engine, ...options }))
  )
  const context = await Effect.runPromise(Layer.buildWithScope(served, scope))
  const gateway = Context.get(context, GatewayServer)
  return {
    url: gateway.address.url,
    port: gateway.address.port,
    gateway,
    close: () => Effect.runPromise(Scope.close(scope, Exit.void))
  }
}
