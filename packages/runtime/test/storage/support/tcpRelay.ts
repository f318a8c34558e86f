/** Stands between a client and a server, to cut what is between them. */
import { createServer, connect } from "node:net"
import type { Socket } from "node:net"
import { Effect, Redacted } from "effect"

export const startTcpRelay = (target: Redacted.Redacted<string>) =>
  Effect.acquireRelease(
    Effect.callback<{
      readonly url: Redacted.Redacted<string>
      readonly cut: () => void
      /** Lets nothing through any more, and does not say so: a peer that lost its power. */
      readonly mute: () => void
      readonly refuse: () => void
      readonly accept: () => void
      readonly hasTraffic: () => boolean
      readonly resetTraffic: () => void
      readonly close: () => void
    }>((resume) => {
      const url = new URL(Redacted.value(target))
      const sockets = new Set<Socket>()
      let isRefusing = false
      let bytes = 0
      const cut = () => {
        for (const socket of sockets) socket.destroy()
        sockets.clear()
      }
      const server = createServer((client) => {
        if (isRefusing) {
          client.destroy()
          return
        }
        const upstream = connect(Number(url.port), url.hostname)
        for (const socket of [client, upstream]) {
          sockets.add(socket)
          socket.on("error", () => {})
          socket.on("close", () => {
            client.destroy()
            upstream.destroy()
          })
        }
        client.on("data", (chunk) => {
          bytes += chunk.length
        })
        client.pipe(upstream)
        upstream.pipe(client)
      })
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        const own = new URL(url)
        own.hostname = "127.0.0.1"
        own.port = typeof address === "object" && address !== null ? String(address.port) : ""
        resume(
          Effect.succeed({
            url: Redacted.make(own.href),
            cut,
            mute: () => {
              for (const socket of sockets) socket.unpipe().pause()
            },
            refuse: () => {
              isRefusing = true
              cut()
            },
            accept: () => {
              isRefusing = false
            },
            hasTraffic: () => bytes > 0,
            resetTraffic: () => {
              bytes = 0
            },
            close: () => {
              cut()
              server.close()
            }
          })
        )
      })
    }),
    (relay) => Effect.sync(relay.close)
  )
