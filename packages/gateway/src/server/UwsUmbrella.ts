/**
 * A cork that belongs to nobody, for handshakes that are decided late. uWebSockets prints a warning for each that is not inside some cork; and inside
 * its own response's cork, 20.51 looks at the response after it has become a socket, and closes some. So one response is kept
 * open for as long as the server lives: to a request of the server's own.
 */
import { Effect } from "effect"
import { randomUUID } from "node:crypto"
import { connect } from "node:net"
import type { UwsApp, UwsListenSocket, UwsModule, UwsResponse } from "./Uws.ts"

/** Without it there are warnings, nothing worse. */
const openTimeoutMs = 1_000

export class UwsUmbrella {
  #response: UwsResponse | undefined

  under(act: () => void): void {
    if (this.#response === undefined) act()
    else this.#response.cork(act)
  }

  /** Over a port of its own, since the app's may be shared with other processes. The connection is not counted. */
  open(app: UwsApp, module: UwsModule, connections: { http: number }): Effect.Effect<void> {
    let listening: UwsListenSocket | false = false
    return Effect.callback<void>((resume) => {
      const path = `/${randomUUID()}`
      app.get(path, (response) => {
        if (this.#response !== undefined) return void response.close()
        this.#response = response
        connections.http -= 1
        response.onAborted(() => {
          this.#response = undefined
          connections.http += 1
        })
        resume(Effect.void)
      })
      app.listen(loopback, 0, module.LIBUS_LISTEN_EXCLUSIVE_PORT, (opened) => {
        listening = opened
        if (opened === false) return resume(Effect.void)
        const socket = connect(
          module.us_socket_local_port(opened),
          loopback,
          () => void socket.write(`GET ${path} HTTP/1.1\r\nHost: umbrella\r\n\r\n`)
        )
        socket.on("error", () => resume(Effect.void))
        socket.unref()
      })
    }).pipe(
      Effect.timeoutOption(openTimeoutMs),
      Effect.andThen(
        Effect.sync(() => {
          if (listening !== false) module.us_listen_socket_close(listening)
        })
      )
    )
  }
}

/**
 * Where a handshake that was decided late is answered. While uWebSockets parses any request of the app, it takes every upgrade for that request's
 * own: the request's cork would stay with its connection, and the next turn would end the process.
 */
export const inTurnOfItsOwn = (act: () => void): void => void setImmediate(act)

const loopback = "127.0.0.1"
