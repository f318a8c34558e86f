/** A server of bytes: it tells each request's connection and number, and says what a test tells it to. */
import { createServer as createTcp } from "node:net"
import type { Socket } from "node:net"
import { createServer as createTls } from "node:tls"
import type { TlsOptions } from "node:tls"
import { Deferred, Effect } from "effect"

export interface RawRequest {
  /** Of the connections, in the order in which they came; from 1. */
  readonly connection: number
  /** Head and body. */
  readonly text: string
  readonly socket: Socket
}

export interface RawServer {
  readonly port: number
  readonly requests: ReadonlyArray<RawRequest>
  /** Succeeds when the client has closed that connection. */
  readonly closed: (connection: number) => Effect.Effect<void>
}

/** Requests have a length, and come one at a time on a connection. */
export const startRawServer = (answer: (request: RawRequest) => void, tls?: TlsOptions) =>
  Effect.acquireRelease(
    Effect.callback<RawServer & { readonly stop: () => void }>((resume) => {
      const requests: Array<RawRequest> = []
      const sockets: Array<Socket> = []
      const closings: Array<Deferred.Deferred<void>> = []
      const closing = (connection: number) => (closings[connection] ??= Deferred.makeUnsafe<void>())
      const onSocket = (socket: Socket) => {
        const connection = sockets.push(socket)
        let text = ""
        socket.on("error", () => socket.destroy())
        socket.on("close", () => Deferred.doneUnsafe(closing(connection), Effect.void))
        socket.on("data", (bytes) => {
          text += bytes.toString("utf8")
          const end = text.indexOf("\r\n\r\n")
          const length = Number(/content-length: (\d+)/.exec(text)?.[1])
          if (end < 0 || Buffer.byteLength(text.slice(end + 4)) < length) return
          const request = { connection, text, socket }
          text = ""
          requests.push(request)
          answer(request)
        })
      }
      const server = tls === undefined ? createTcp(onSocket) : createTls(tls, onSocket)
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        resume(
          Effect.succeed({
            port: typeof address === "object" && address !== null ? address.port : 0,
            requests,
            closed: (connection) => Deferred.await(closing(connection)),
            stop: () => {
              for (const socket of sockets) socket.destroy()
              server.close()
            }
          })
        )
      })
    }),
    (server) => Effect.sync(server.stop)
  )

export const reply = (body: string, head = ""): string =>
  `HTTP/1.1 200 OK\r\n${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
