/**
 * Effect's `HttpServer` over uWebSockets. A request's fiber starts inside the callback that brings it, so a handler that does not suspend answers there,
 * already corked and without a copy of the headers; only one that does suspend pays for the copy and for the abort handler.
 */
import { ByteSize, Context, Effect, Layer, Scope, Tracer } from "effect"
import type * as Headers from "effect/http/Headers"
import * as HttpEffect from "effect/http/HttpEffect"
import { MaxBodySize } from "effect/http/HttpIncomingMessage"
import * as HttpServer from "effect/http/HttpServer"
import { ClientAbort, ServeError } from "effect/http/HttpServerError"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as NetAddress from "effect/net/NetAddress"
import { isIP } from "node:net"
import { RunningFibers } from "./RunningFibers.ts"
import { Flight, makeDrain } from "./ServerEngine.ts"
import type { ServerEngine } from "./ServerEngine.ts"
import type { ServerSettings } from "./ServerOptions.ts"
import type { LoadedUws } from "./loadUws.ts"
import type { UwsApp, UwsListenSocket, UwsRequest, UwsResponse, UwsSocketContext } from "./Uws.ts"
import { UwsBody } from "./UwsBody.ts"
import { readHeaders, UwsExchange } from "./UwsExchange.ts"
import type { UwsServerState } from "./UwsExchange.ts"
import { UwsServerRequest } from "./UwsServerRequest.ts"
import { UwsUmbrella } from "./UwsUmbrella.ts"
import { bridgeBehavior } from "./UwsSocketBridge.ts"
import type { UwsBridgedSocket } from "./UwsSocketBridge.ts"
import { SocketCloseCode, WebSocketRoutes } from "./WebSocketRoutes.ts"
import { makeUwsWebSockets } from "./UwsWebSockets.ts"
import { endWith } from "./writeUwsHead.ts"
import { respondOverUws } from "./writeUwsResponse.ts"

/** A declared body up to this is awaited before its handler starts, which then never suspends to read it. */
const awaitedBodyBytes = 65_536

type Start = (exchange: UwsExchange) => void

export const makeUwsHttpServer = Effect.fnUntraced(function* (uws: LoadedUws, settings: ServerSettings) {
  const { module } = uws
  const app = module.App()
  const state: UwsServerState = {
    endsKeepAlive: false,
    draining: false,
    keepsAddress: false,
    umbrella: new UwsUmbrella(),
    maxBodyBytes: settings.maxBodyBytes,
    renderFault: settings.renderFault
  }
  const connections = { http: 0, webSockets: 0, inFlight: 0 }
  /**
   * What came before anybody serves: the port is open while the doors are still being built, and a proxy that finds it open does not ask another
   * process for what it then refuses. Not more than there are connections.
   */
  let early: Array<UwsExchange> = []
  let start: Start = (exchange) => early.push(exchange)
  const unserved: Start = (exchange) => endWith(exchange, unavailable, undefined)
  const startEarly = () => {
    const held = early
    early = []
    for (const exchange of held) if (!exchange.over) start(exchange)
  }
  const flight = new Flight()

  app.filter((response, change) => {
    connections.http += change
    if (change > 0 && connections.http + connections.webSockets > settings.maxConnections) response.close()
  })
  const handle = (response: UwsResponse, request: UwsRequest, upgradeContext?: UwsSocketContext): void => {
    const exchange = receive(state, response, request, upgradeContext)
    if (exchange === undefined) return
    const { body } = exchange
    if (body === undefined || !(exchange.declaredBytes <= awaitedBodyBytes)) {
      start(exchange)
      if (body !== undefined && !exchange.over) receiveBody(exchange, body, undefined)
      return leave(exchange)
    }
    receiveBody(exchange, body, start)
    leave(exchange)
  }
  const bridged = new Set<UwsBridgedSocket>()
  app.any("/*", handle)
  app.ws("/*", bridgeBehavior(module, settings, handle, connections, bridged))
  const webSockets = makeUwsWebSockets(app, module, connections, state)

  const listenSocket = yield* listen(uws, app, settings)
  const port = module.us_socket_local_port(listenSocket)
  yield* state.umbrella.open(app, module, connections)
  const address = yield* Effect.fromResult(NetAddress.inetAddressFromIpString(numericHost(settings.host), port)).pipe(
    Effect.mapError((cause) => new ServeError({ cause }))
  )

  const counted = () => ({ ...connections, inFlight: connections.inFlight + early.length })
  let accepting = true
  const endKeepAlive = Effect.sync(() => {
    state.endsKeepAlive = true
  })
  const stopAccepting = Effect.sync(() => {
    state.endsKeepAlive = true
    state.draining = true
    if (!accepting) return
    accepting = false
    module.us_listen_socket_close(listenSocket)
    // Nobody will serve them any more.
    if (early.length > 0) start = unserved
    startEarly()
  })
  const drain = yield* makeDrain({
    flight,
    drainTimeoutMs: settings.drainTimeoutMs,
    connections: counted,
    stopAccepting,
    endWebSockets: () => {
      webSockets.endAll()
      for (const socket of bridged) socket.close(SocketCloseCode.serviceRestart)
    },
    closeAll: () => {
      start = unserved
      app.close()
    }
  })
  yield* Effect.addFinalizer(() => drain)

  const server = HttpServer.make({
    address,
    serve: Effect.fnUntraced(function* (httpApp, middleware) {
      const serveScope = yield* Effect.scope
      const running = new RunningFibers()
      yield* Scope.addFinalizer(serveScope, running.interruptAll)
      yield* Scope.addFinalizer(serveScope, drain)
      const parent = yield* Effect.withFiber((fiber) => Effect.succeed(fiber))
      const handled = HttpEffect.toHandled(httpApp, respondOverUws, middleware)
      const services = requestBase(Context.add(parent.context, MaxBodySize, ByteSize.bytes(settings.maxBodyBytes)))
      state.keepsAddress = Context.getOrUndefined(services, Tracer.Tracer) !== undefined
      start = (exchange) => {
        const context = Context.add(services, HttpServerRequest, new UwsServerRequest(exchange))
        const fiber = Effect.runForkWith(context)(handled)
        if (fiber.pollUnsafe() !== undefined) {
          if (!exchange.over) endWith(exchange, internalError, undefined)
          return
        }
        connections.inFlight += 1
        const place = running.add(fiber)
        fiber.addObserver(() => {
          running.remove(place)
          connections.inFlight -= 1
          flight.ended(connections.inFlight)
        })
        exchange.interrupt = () => fiber.interruptUnsafe(parent.id, ClientAbort.annotation)
      }
      startEarly()
    })
  })
  const engine: ServerEngine = {
    name: uws.name,
    host: settings.host,
    port,
    connections: counted,
    endKeepAlive,
    stopAccepting,
    drain
  }
  return { engine, server, webSockets: webSockets.routes }
})

/** Undefined when the request was refused here. */
const receive = (
  state: UwsServerState,
  response: UwsResponse,
  request: UwsRequest,
  upgradeContext: UwsSocketContext | undefined
): UwsExchange | undefined => {
  const method = upperCase(request.getCaseSensitiveMethod())
  if (!isSentWithBody(method) && request.getHeader("content-length") === "" && request.getHeader("transfer-encoding") === "") {
    return new UwsExchange(state, response, request, method, undefined, upgradeContext)
  }
  const headers = readPlainlyFramed(request)
  if (headers === undefined) {
    response.close()
    return undefined
  }
  const make = (body: UwsBody | undefined) => new UwsExchange(state, response, request, method, body, upgradeContext, headers)
  const declaredBytes = headers["transfer-encoding"] === undefined ? Number(headers["content-length"] ?? 0) : Number.NaN
  if (declaredBytes > state.maxBodyBytes) {
    refuseBody(make(undefined))
    return undefined
  }
  if (declaredBytes === 0) return make(undefined)
  const exchange = make(new UwsBody(state.maxBodyBytes))
  exchange.declaredBytes = declaredBytes
  return exchange
}

/** To ask others for two headers is cheaper than to read them all; these are read in any case. */
const isSentWithBody = (method: string): boolean => method === "POST" || method === "PUT" || method === "PATCH"

/** Undefined for what two readers of the same bytes could frame differently: the next request on the connection may be forged. */
const readPlainlyFramed = (request: UwsRequest): Headers.Headers | undefined => {
  let plain = true
  const headers = readHeaders(request, (name, value, earlier) => {
    if (name === "transfer-encoding" || (name === "content-length" && value !== earlier)) plain = false
  })
  const length = headers["content-length"]
  const encoding = headers["transfer-encoding"]
  if (length !== undefined && (encoding !== undefined || !isLength.test(length))) plain = false
  if (encoding !== undefined && encoding.toLowerCase() !== "chunked") plain = false
  return plain ? headers : undefined
}

const isLength = /^\d{1,15}$/

/** The client may be sending the body already: what it sends is dropped, for closing now could lose it the answer. */
const refuseBody = (exchange: UwsExchange): void => {
  const { response, server } = exchange
  const { headers, method, url } = exchange
  const fault = server.renderFault({ status: 413, method, url, headers, limitBytes: server.maxBodyBytes })
  exchange.over = true
  response.writeStatus("413 Payload Too Large").writeHeader("connection", "close")
  if (fault !== undefined) response.writeHeader("content-type", fault.contentType)
  if (fault?.requestId !== undefined) response.writeHeader("x-request-id", fault.requestId)
  response.end(fault?.body)
}

const receiveBody = (exchange: UwsExchange, body: UwsBody, whenOver: Start | undefined): void => {
  let start = whenOver
  exchange.response.onData((chunk, isLast) => {
    if (exchange.over) return
    exchange.corked = true
    body.push(chunk, isLast)
    if (start !== undefined && body.state !== "receiving") {
      const begin = start
      start = undefined
      begin(exchange)
    }
    if (!exchange.over) body.settle()
    exchange.corked = false
  })
}

/** The callback returns. uWebSockets aborts the process if there is neither an answer nor an abort handler. */
const leave = (exchange: UwsExchange): void => {
  if (exchange.over) return
  exchange.corked = false
  exchange.detach()
  exchange.response.onAborted(() => exchange.abort())
}

const upperCase = (method: string): string => (method === "GET" || method === "POST" ? method : method.toUpperCase())

const unavailable = HttpServerResponse.empty({ status: 503 })
const internalError = HttpServerResponse.empty({ status: 500 })

const listen = (uws: LoadedUws, app: UwsApp, settings: ServerSettings): Effect.Effect<UwsListenSocket, ServeError> =>
  Effect.callback((resume) => {
    // Without the option a second program could share the port, and take half of the connections.
    const options = settings.sharesPort ? listenDefault : uws.module.LIBUS_LISTEN_EXCLUSIVE_PORT
    app.listen(settings.host, settings.port, options, (socket) =>
      resume(
        socket === false
          ? Effect.fail(new ServeError({ cause: new Error(`Cannot listen on ${settings.host}:${settings.port}; is it in use?`) }))
          : Effect.succeed(socket)
      )
    )
  })

/** `LIBUS_LISTEN_DEFAULT`, which the module does not export: SO_REUSEPORT is set. */
const listenDefault = 0

const numericHost = (host: string): string => (isIP(host) === 0 ? (host === "localhost" ? "127.0.0.1" : "0.0.0.0") : host)

/**
 * What every request's context begins with. HttpApi copies it once or twice for each request, so it holds no more than handlers may
 * ask for, and it is flat, so that adding a few services to it copies nothing.
 */
const requestBase = <R>(context: Context.Context<R>): Context.Context<R> => {
  const services = new Map(context.mapUnsafe)
  for (const key of serversOwn) services.delete(key)
  return Context.makeUnsafe(services, { maxDepth: requestContextDepth })
}

/** Needed to build and to run the server; a request has a scope of its own. */
const serversOwn = [HttpServer.HttpServer.key, WebSocketRoutes.key, Scope.Scope.key, Layer.CurrentMemoMap.key]
const requestContextDepth = 16
