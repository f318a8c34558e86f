/**
 * The engine where no build of uWebSockets loads: Effect's adapter of `node:http`, with the bounds, the faults and the pushed answers of
 * the other engine.
 */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { toServerResponse } from "@effect/platform-node/NodeHttpServerRequest"
import * as NodeWS from "@effect/platform-node/NodeWS"
import { ByteSize, Cause, Effect, Scope } from "effect"
import * as HttpBody from "effect/http/HttpBody"
import * as HttpEffect from "effect/http/HttpEffect"
import { MaxBodySize } from "effect/http/HttpIncomingMessage"
import * as HttpServer from "effect/http/HttpServer"
import { ServeError } from "effect/http/HttpServerError"
import type { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as Headers from "effect/http/Headers"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as NetAddress from "effect/net/NetAddress"
import { createServer, ServerResponse } from "node:http"
import type { IncomingMessage, Server } from "node:http"
import type { Socket as NetSocket } from "node:net"
import { faultInHead } from "./faultInHead.ts"
import { NodePushTransport } from "./NodePushTransport.ts"
import { makeNodeWebSockets } from "./NodeWebSockets.ts"
import { PushChannel, runPush } from "./PushChannel.ts"
import { pushBodyOf } from "./PushResponse.ts"
import { Flight, makeDrain } from "./ServerEngine.ts"
import type { ServerEngine } from "./ServerEngine.ts"
import type { ServerSettings } from "./ServerOptions.ts"

export const makeNodeServer = Effect.fnUntraced(function* (settings: ServerSettings) {
  const node = createServer({ maxHeaderSize: settings.maxHeaderBytes })
  node.maxConnections = settings.maxConnections
  const connections = { http: 0, webSockets: 0 }
  const inFlight = new Set<ServerResponse>()
  const state = { endsKeepAlive: false, draining: false }
  const flight = new Flight()
  const requestsOf = new WeakMap<NetSocket, Set<ServerResponse>>()
  const land = (response: ServerResponse): void => {
    requestsOf.get(response.req.socket)?.delete(response)
    if (inFlight.delete(response)) flight.ended(inFlight.size)
  }
  node.on("connection", (socket: NetSocket) => {
    connections.http += 1
    socket.once("close", () => {
      connections.http -= 1
      // A pipelined request whose turn never came does not close by itself.
      for (const response of requestsOf.get(socket) ?? []) land(response)
    })
  })
  const webSockets = makeNodeWebSockets(connections, state)
  /** What came before anybody serves: the port is open while the doors are still being built. */
  const early: Array<[IncomingMessage, ServerResponse]> = []
  const hold = (request: IncomingMessage, response: ServerResponse): void => {
    if (state.endsKeepAlive) response.shouldKeepAlive = false
    if (state.draining) response.writeHead(503).end()
    else early.push([request, response])
  }
  node.on("request", hold)
  const address = yield* listen(node, settings)

  let accepting = true
  const endKeepAlive = Effect.sync(() => {
    state.endsKeepAlive = true
    // Read when the head is written.
    for (const response of inFlight) response.shouldKeepAlive = false
  })
  const stopAccepting = Effect.andThen(
    endKeepAlive,
    Effect.sync(() => {
      state.draining = true
      if (!accepting) return
      accepting = false
      // Nobody will serve them any more.
      for (const [, response] of early.splice(0)) response.writeHead(503).end()
      node.close()
      node.closeIdleConnections()
    })
  )
  const counted = () => ({
    http: connections.http - connections.webSockets,
    webSockets: connections.webSockets,
    inFlight: inFlight.size + early.length
  })
  const drain = yield* makeDrain({
    flight,
    drainTimeoutMs: settings.drainTimeoutMs,
    connections: counted,
    stopAccepting,
    endWebSockets: webSockets.endAll,
    closeAll: () => {
      webSockets.terminateAll()
      node.closeAllConnections()
    }
  })
  yield* Effect.addFinalizer(() => drain)

  const server = HttpServer.make({
    address,
    serve: Effect.fnUntraced(function* (httpApp, middleware) {
      const serveScope = yield* Effect.scope
      const fibers = Scope.forkUnsafe(serveScope, "parallel")
      const bridge = yield* Effect.acquireRelease(
        Effect.sync(() => new NodeWS.WebSocketServer({ noServer: true, maxPayload: settings.maxBodyBytes })),
        (wss) =>
          Effect.sync(() => {
            for (const socket of wss.clients) socket.terminate()
          })
      )
      const app = withPushAndFaults(settings, httpApp)
      const options = { scope: fibers, ...(middleware === undefined ? {} : { middleware }) }
      const bounded = Effect.provideService(MaxBodySize, ByteSize.bytes(settings.maxBodyBytes))
      const handle = yield* bounded(NodeHttpServer.makeHandler(app, options))
      const handleUpgrade = yield* bounded(NodeHttpServer.makeUpgradeHandler(Effect.succeed(bridge), app, options))
      const onRequest = (request: IncomingMessage, response: ServerResponse) => {
        if (state.endsKeepAlive) response.shouldKeepAlive = false
        // Node reads an encoding that it does not know as a body without an end.
        const encoding = request.headers["transfer-encoding"]
        if (encoding !== undefined && encoding.toLowerCase() !== "chunked") return void request.socket.destroy()
        if (refusedForItsBody(settings, request, response)) return
        inFlight.add(response)
        const siblings = requestsOf.get(request.socket)
        if (siblings === undefined) requestsOf.set(request.socket, new Set([response]))
        else siblings.add(response)
        response.once("close", () => land(response))
        handle(request, response)
      }
      const onUpgrade = (request: IncomingMessage, socket: NetSocket, head: Buffer) => {
        if (!webSockets.upgrade(request, socket, head)) handleUpgrade(request, socket, head)
      }
      yield* Effect.addFinalizer(() =>
        Effect.andThen(
          drain,
          Effect.sync(() => {
            node.off("request", onRequest)
            node.off("checkContinue", onContinue)
            node.off("upgrade", onUpgrade)
          })
        )
      )
      const onContinue = (request: IncomingMessage, response: ServerResponse) => {
        if (!exceeds(settings, request)) response.writeContinue()
        onRequest(request, response)
      }
      node.off("request", hold)
      node.on("request", onRequest)
      node.on("checkContinue", onContinue)
      node.on("upgrade", onUpgrade)
      for (const [request, response] of early.splice(0)) if (!response.destroyed) onRequest(request, response)
    })
  })
  const engine: ServerEngine = {
    name: `node ${process.versions.node}`,
    host: settings.host,
    port: NetAddress.isUnixPathAddress(address) ? 0 : address.port,
    connections: counted,
    endKeepAlive,
    stopAccepting,
    drain
  }
  return { engine, server, webSockets: webSockets.routes }
})

const listen = (node: Server, settings: ServerSettings): Effect.Effect<NetAddress.SocketAddress, ServeError> =>
  Effect.callback<NetAddress.SocketAddress, ServeError>((resume) => {
    const failed = (cause: unknown) => resume(Effect.fail(new ServeError({ cause })))
    node.once("error", failed)
    node.listen({ host: settings.host, port: settings.port, exclusive: true, reusePort: settings.sharesPort }, () => {
      node.off("error", failed)
      const bound = node.address()
      if (bound === null || typeof bound === "string") return failed(new Error("not an internet address"))
      resume(
        Effect.mapError(
          Effect.fromResult(NetAddress.inetAddressFromIpString(bound.address, bound.port)),
          (cause) => new ServeError({ cause })
        )
      )
    })
  })

const exceeds = (settings: ServerSettings, request: IncomingMessage): boolean =>
  Number(request.headers["content-length"] ?? 0) > settings.maxBodyBytes

/** Answered before any handler. Node drops what the client still sends. */
const refusedForItsBody = (settings: ServerSettings, request: IncomingMessage, response: ServerResponse): boolean => {
  if (!exceeds(settings, request)) return false
  const fault = settings.renderFault({
    status: 413,
    method: request.method ?? "GET",
    url: request.url ?? "/",
    headers: Headers.fromInput(request.headers),
    limitBytes: settings.maxBodyBytes
  })
  response.writeHead(413, {
    ...(fault === undefined ? {} : { "content-type": fault.contentType }),
    ...(fault?.requestId === undefined ? {} : { "x-request-id": fault.requestId })
  })
  response.end(fault?.body)
  return true
}

/**
 * The adapter knows neither pushed answers nor our faults, so both become handlers that see the response just before it is sent: faults the first of all,
 * for other handlers add headers to them; pushed answers the last, with all headers in place.
 */
const withPushAndFaults = <E, R>(settings: ServerSettings, httpApp: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>) =>
  Effect.withFiber<HttpServerResponse.HttpServerResponse, E, R>((fiber) => {
    const { context } = fiber
    HttpEffect.appendPreResponseHandlerUnsafe(context, (request, response) =>
      Effect.succeed(withFaultBody(settings, request, response))
    )
    return Effect.map(httpApp, (response) => {
      if (pushBodyOf(response) !== undefined) {
        HttpEffect.appendPreResponseHandlerUnsafe(context, (request, last) => push(settings, request, last))
      }
      return response
    })
  })

const withFaultBody = (
  settings: ServerSettings,
  request: HttpServerRequest,
  response: HttpServerResponse.HttpServerResponse
): HttpServerResponse.HttpServerResponse => {
  if (response.status < 400 || response.body._tag !== "Empty") return response
  const { headers, method, url } = request
  const limitBytes = response.status === 413 ? settings.maxBodyBytes : undefined
  const fault = settings.renderFault({ status: response.status, method, url, headers, limitBytes })
  return fault === undefined ? response : HttpServerResponse.setBody(response, HttpBody.text(fault.body, fault.contentType))
}

/** Sends the answer itself; the adapter then finds it ended, or cut. */
const push = (
  settings: ServerSettings,
  request: HttpServerRequest,
  response: HttpServerResponse.HttpServerResponse
): Effect.Effect<HttpServerResponse.HttpServerResponse> => {
  const body = pushBodyOf(response)
  const node = toServerResponse(request)
  if (body === undefined || !(node instanceof ServerResponse)) return Effect.succeed(response)
  if (request.method === "HEAD" || HttpServerResponse.omitsBody(response)) {
    return Effect.succeed(HttpServerResponse.setBody(response, HttpBody.empty))
  }
  const fault = faultInHead(response)
  if (fault !== undefined) {
    return Effect.as(Effect.logError(fault), withFaultBody(settings, request, HttpServerResponse.empty({ status: 500 })))
  }
  return Effect.matchCauseEffect(
    runPush(body, (interrupt) => {
      const transport = new NodePushTransport(node, response)
      const channel = new PushChannel(transport, body.maxBufferedBytes, interrupt)
      transport.connect(channel)
      return { channel, transport }
    }),
    {
      onSuccess: (early) => Effect.succeed(early === undefined ? response : withFaultBody(settings, request, early.response)),
      onFailure: (cause) =>
        Cause.hasInterrupts(cause)
          ? Effect.failCause(Cause.fromReasons(cause.reasons.filter(Cause.isInterruptReason)))
          : Effect.as(Effect.logError("A pushed answer was cut off", cause), response)
    }
  )
}
