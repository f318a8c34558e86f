/** The least that a proxy on Node can be: bytes in, bytes out, connections kept. */
import { Agent, createServer, request } from "node:http"

const upstreamPort = Number(process.argv[2])
const agent = new Agent({ keepAlive: true, noDelay: true })

const server = createServer({ noDelay: true }, (incoming, outgoing) => {
  const upstream = request(
    {
      host: "127.0.0.1",
      port: upstreamPort,
      method: incoming.method,
      path: incoming.url,
      headers: incoming.headers,
      agent
    },
    (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    }
  )
  upstream.on("error", () => outgoing.destroy())
  outgoing.on("close", () => upstream.destroy())
  incoming.pipe(upstream)
})
server.listen(0, "127.0.0.1", 1024, () => {
  const address = server.address()
  process.send?.({ type: "ready", port: typeof address === "object" ? address?.port : 0 })
})
