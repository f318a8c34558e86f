/**
 * A program of its own, since what it shows may end the process: handshakes that wait, each let go by the handler of another request. Its argument is
 * the engine; it prints how many of both were answered.
 */
import { Deferred, Effect, Layer } from "effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import { WebSocketRoutes } from "../../../src/server/WebSocketRoutes.ts"
import { engines } from "./engines.ts"
import { rawConnection } from "./rawConnection.ts"
import { startServer } from "./startServer.ts"

const rounds = 20
const engine = engines.find((name) => name === process.argv[2]) ?? "node"
let waiting = Deferred.makeUnsafe<void>()
let begun = Deferred.makeUnsafe<void>()

const app = Layer.mergeAll(
  HttpRouter.add(
    "GET",
    "/release",
    Effect.as(
      Effect.suspend(() => Deferred.succeed(waiting, undefined)),
      HttpServerResponse.text("released")
    )
  ),
  Layer.effectDiscard(
    Effect.gen(function* () {
      const routes = yield* WebSocketRoutes
      yield* routes.add<string, never>({
        path: "/ws",
        maxFrameBytes: 1_000,
        authorize: () =>
          Effect.suspend(() => {
            Deferred.doneUnsafe(begun, Effect.void)
            return Effect.as(Deferred.await(waiting), { ok: true, data: "" })
          }),
        open: (socket) => void socket.send("hello"),
        message: () => {},
        drain: () => {},
        close: () => {}
      })
    })
  )
)

const server = await startServer(engine, app)
let answered = 0
for (let round = 0; round < rounds; round++) {
  waiting = Deferred.makeUnsafe<void>()
  begun = Deferred.makeUnsafe<void>()
  const socket = await rawConnection(server.port)
  socket.send(
    "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
  )
  await Effect.runPromise(Deferred.await(begun))
  const request = await rawConnection(server.port)
  request.send("GET /release HTTP/1.1\r\nHost: a\r\n\r\n")
  await request.until((text) => text.endsWith("released"))
  await socket.until((text) => text.startsWith("HTTP/1.1 101 ") && text.endsWith("hello"))
  answered += 1
  request.socket.destroy()
  socket.socket.resetAndDestroy()
}
await server.close()
process.stdout.write(`${answered} of ${rounds}\n`)
