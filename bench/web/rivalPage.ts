/** Builds the other page as it would be shipped, and serves it beside the provider that it asks. */
import { createReadStream } from "node:fs"
import { once } from "node:events"
import { createServer, request } from "node:http"
import { extname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { createGzip } from "node:zlib"
import { build } from "vite"
import type { Rolldown } from "vite"

export interface RivalPage {
  readonly url: string
  /** Of what the first page needs, gzipped. */
  readonly bundle: Rolldown.OutputBundle
  readonly stop: () => void
}

const folder = fileURLToPath(new URL("rival", import.meta.url))
const types: Record<string, string> = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" }

export const startRivalPage = async (upstreamPort: number): Promise<RivalPage> => {
  const built = await build({ configFile: join(folder, "vite.config.ts"), logLevel: "error" })
  if (!("output" in built)) throw new Error("the other page could not be built")
  const server = createServer((incoming, response) => {
    const path = new URL(incoming.url ?? "/", "http://page").pathname
    if (path.startsWith("/v1/")) {
      const { headers, method } = incoming
      const onward = request({ port: upstreamPort, host: "127.0.0.1", path, method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(response)
      })
      onward.on("error", () => response.destroy())
      incoming.pipe(onward)
      return
    }
    const name = path === "/" ? "index.html" : path.slice(1)
    const file = createReadStream(join(folder, "dist", name))
    file.on("error", () => response.writeHead(404).end())
    file.on("open", () => {
      response.writeHead(200, { "content-type": types[extname(name)] ?? "application/octet-stream", "content-encoding": "gzip" })
      file.pipe(createGzip()).pipe(response)
    })
  })
  await once(server.listen(0, "127.0.0.1"), "listening")
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("the other page has no port")
  return {
    url: `http://127.0.0.1:${address.port}/`,
    bundle: Object.fromEntries(built.output.map((output) => [output.fileName, output])),
    stop: () => server.close()
  }
}
