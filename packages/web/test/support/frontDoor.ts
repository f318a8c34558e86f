/** An address that stays while the server behind it comes and goes, as a load balancer's does. */
import { Effect, type Scope } from "effect"
import { once } from "node:events"
import { connect, createServer, type Socket } from "node:net"
import { Transform } from "node:stream"

export interface FrontDoor {
  readonly url: string
  /** From now on to the server at this address. */
  readonly leadTo: (url: string) => void
  /** From now on to nobody: whoever is inside is put out, and whoever knocks is refused, until it leads somewhere again. */
  readonly shut: () => void
  /** Nothing comes through any more, and nothing is refused: a network that hangs. */
  readonly stall: () => void
  /** What hung goes on where it stood. */
  readonly flow: () => void
  /**
   * Requests of this method are put out before the server hears of them, until another method is named, or none. Unlike what the browser intercepts,
   * also those that a page leaves behind as it closes.
   */
  readonly refuse: (method: string | undefined) => void
}

export const openFrontDoor: Effect.Effect<FrontDoor, Error, Scope.Scope> = Effect.gen(function* () {
  let port: number | undefined
  let stalls = false
  let refused: string | undefined
  const open = new Set<Socket>()
  const putOut = () => {
    for (const socket of open) socket.destroy()
  }
  const server = createServer((client) => {
    if (port === undefined) return void client.destroy()
    const behind = connect(port, "127.0.0.1")
    for (const socket of [client, behind]) {
      open.add(socket)
      socket.on("error", () => socket.destroy())
      socket.on("close", () => open.delete(socket))
    }
    // A browser writes the head of a request at once, and the next one when this one is answered.
    const heard = new Transform({
      transform: (bytes: Buffer, _encoding, done) => {
        if (refused === undefined || bytes.indexOf(`${refused} `) !== 0) return done(null, bytes)
        client.destroy()
        behind.destroy()
        done()
      }
    })
    client
      .pipe(heard)
      .pipe(behind)
      .on("close", () => client.destroy())
    behind.pipe(client).on("close", () => behind.destroy())
    if (stalls) for (const socket of [client, behind]) socket.pause()
  })
  yield* Effect.acquireRelease(
    Effect.promise(() => once(server.listen(0, "127.0.0.1"), "listening")),
    () =>
      Effect.sync(() => {
        putOut()
        server.close()
      })
  )
  const address = server.address()
  if (address === null || typeof address === "string") return yield* Effect.fail(new Error("the front door has no port"))
  return {
    url: `http://127.0.0.1:${address.port}`,
    leadTo: (url) => void (port = Number(new URL(url).port)),
    shut: () => {
      port = undefined
      putOut()
    },
    stall: () => {
      stalls = true
      for (const socket of open) socket.pause()
    },
    flow: () => {
      stalls = false
      for (const socket of open) socket.resume()
    },
    refuse: (method) => void (refused = method)
  }
})
