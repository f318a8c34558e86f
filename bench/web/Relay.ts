/** An address before the server, at which every connection can be cut. */
import { once } from "node:events"
import { connect, createServer } from "node:net"
import type { Socket } from "node:net"

export interface Relay {
  readonly port: number
  readonly cut: () => void
  readonly stop: () => void
}

export const openRelay = async (port: number): Promise<Relay> => {
  const open = new Set<Socket>()
  const cut = (): void => {
    for (const socket of open) socket.destroy()
  }
  const server = createServer({ noDelay: true }, (client) => {
    const behind = connect({ port, host: "127.0.0.1", noDelay: true })
    for (const socket of [client, behind]) {
      open.add(socket)
      socket.on("error", () => socket.destroy())
      socket.on("close", () => open.delete(socket))
    }
    client.pipe(behind).on("close", () => client.destroy())
    behind.pipe(client).on("close", () => behind.destroy())
  })
  await once(server.listen(0, "127.0.0.1"), "listening")
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("the relay has no port")
  return {
    port: address.port,
    cut,
    stop: () => {
      cut()
      server.close()
    }
  }
}
