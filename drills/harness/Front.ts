/** What stands before the gateways, as small as it can be: it sends requests to those that say they are ready, and never asks twice. */
import { createServer, request } from "node:http"
import type { Server } from "node:http"
import { sleep } from "./wait.ts"

/** Between two looks at who is ready. */
const lookEveryMs = 250

export class Front {
  url = ""
  readonly #server: Server
  readonly #gateways: () => ReadonlyArray<{ readonly url: string; readonly isOver: boolean }>
  #ready: ReadonlyArray<string> = []
  #turn = 0
  #isClosed = false

  constructor(gateways: () => ReadonlyArray<{ readonly url: string; readonly isOver: boolean }>) {
    this.#gateways = gateways
    this.#server = createServer((asked, answer) => {
      const target = this.#ready[this.#turn++ % Math.max(1, this.#ready.length)]
      if (target === undefined) {
        answer.writeHead(502).end("nobody is ready")
        return
      }
      const passed = request(`${target}${asked.url ?? "/"}`, { method: asked.method, headers: asked.headers }, (got) => {
        answer.writeHead(got.statusCode ?? 502, got.headers)
        got.pipe(answer)
      })
      passed.on("error", (error) => {
        if (!answer.headersSent) answer.writeHead(502)
        answer.end(`${target}: ${error.message}`)
      })
      asked.pipe(passed)
    })
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve))
    const address = this.#server.address()
    this.url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`
    await this.#look()
    void this.#keepLooking()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#server.closeAllConnections()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  async #keepLooking(): Promise<void> {
    while (!this.#isClosed) {
      await sleep(lookEveryMs)
      await this.#look()
    }
  }

  async #look(): Promise<void> {
    const answers = await Promise.all(
      this.#gateways().map(async ({ isOver, url }) => {
        if (isOver) return undefined
        const response = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined)
        await response?.body?.cancel()
        return response?.ok === true ? url : undefined
      })
    )
    this.#ready = answers.filter((url) => url !== undefined)
  }
}
