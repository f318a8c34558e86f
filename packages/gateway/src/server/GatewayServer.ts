/** The gateway's HTTP server: uWebSockets where it loads, Node's own where it does not, with the same behaviour. */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodeHttpPlatform from "@effect/platform-node/NodeHttpPlatform"
import * as NodePath from "@effect/platform-node/NodePath"
import { Context, Effect, Layer } from "effect"
import type { FileSystem, Path } from "effect"
import * as Etag from "effect/http/Etag"
import type { HttpPlatform } from "effect/http/HttpPlatform"
import * as HttpServer from "effect/http/HttpServer"
import { ServeError } from "effect/http/HttpServerError"
import { loadUws, uwsBuilds } from "./loadUws.ts"
import type { LoadedUws } from "./loadUws.ts"
import { makeNodeServer } from "./NodeServer.ts"
import type { ServerConnections } from "./ServerEngine.ts"
import { withDefaults } from "./ServerOptions.ts"
import type { ServerOptions } from "./ServerOptions.ts"
import { makeUwsHttpServer } from "./UwsHttpServer.ts"
import { WebSocketRoutes } from "./WebSocketRoutes.ts"

export class GatewayServer extends Context.Service<
  GatewayServer,
  {
    readonly address: { readonly host: string; readonly port: number; readonly url: string }
    /** `uWebSockets.js 20.…` or `node 22.…` */
    readonly engine: string
    readonly connections: () => ServerConnections
    /** From now on answers tell the client to close, so that nobody has a connection left to reuse when no more are accepted. Idempotent. */
    readonly endKeepAlive: Effect.Effect<void>
    /** The same, and no new connections. Idempotent. */
    readonly stopAccepting: Effect.Effect<void>
    /**
     * Stops accepting, waits up to `drainTimeoutMs` for the requests in flight, then ends every connection, WebSockets with 1012. Runs once; the
     * layer's release runs it too.
     */
    readonly drain: Effect.Effect<void>
  }
>()("@parley/gateway/server/GatewayServer") {
  static readonly layer = (
    options: ServerOptions
  ): Layer.Layer<
    GatewayServer | WebSocketRoutes | HttpServer.HttpServer | HttpPlatform | Etag.Generator | FileSystem.FileSystem | Path.Path,
    ServeError
  > =>
    Layer.mergeAll(
      // No more than HttpApi asks for: what stands here is copied with each request's context.
      NodeHttpPlatform.layer,
      Etag.layerWeak,
      NodeFileSystem.layer,
      NodePath.layer,
      Layer.effectContext(
        Effect.gen(function* () {
          const settings = withDefaults(options)
          const uws = yield* chooseUws(options, settings.maxHeaderBytes)
          const { engine, server, webSockets } = yield* uws === undefined
            ? makeNodeServer(settings)
            : makeUwsHttpServer(uws, settings)
          const host = engine.host.includes(":") ? `[${engine.host}]` : engine.host
          const gateway = GatewayServer.of({
            address: { host: engine.host, port: engine.port, url: `http://${host}:${engine.port}` },
            engine: engine.name,
            connections: engine.connections,
            endKeepAlive: engine.endKeepAlive,
            stopAccepting: engine.stopAccepting,
            drain: engine.drain
          })
          return Context.make(GatewayServer, gateway).pipe(
            Context.add(HttpServer.HttpServer, server),
            Context.add(WebSocketRoutes, webSockets)
          )
        })
      )
    )
}

const chooseUws = (options: ServerOptions, maxHeaderBytes: number): Effect.Effect<LoadedUws | undefined, ServeError> => {
  const engine = options.engine ?? "auto"
  if (engine === "node") return Effect.succeed(undefined)
  if (engine === "auto") return loadUws(uwsBuilds, maxHeaderBytes, options.loadBuild)
  return Effect.filterOrFail(
    loadUws([engine], maxHeaderBytes, options.loadBuild),
    (loaded) => loaded !== undefined,
    () => new ServeError({ cause: new Error(`${engine} does not load here`) })
  )
}
