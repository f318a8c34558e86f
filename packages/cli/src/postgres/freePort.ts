import { createServer } from "node:net"

/** A port of 127.0.0.1 that was free just now. Another program may take it before it is used: be ready to ask again. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once("error", reject)
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      server.close(() =>
        address !== null && typeof address === "object" ? resolve(address.port) : reject(new Error("no port to listen on"))
      )
    })
  })
