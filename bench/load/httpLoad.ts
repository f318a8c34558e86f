/**
 * Keeps a number of connections busy with one request each, the next when the last is answered in full, and counts. Raw sockets
 * and no more parsing than it takes to find the end of a response, so that the server is what is measured.
 */
import { connect } from "node:net"
import type { Socket } from "node:net"
import { Histogram } from "../harness/Statistics.ts"
import { nowMicros, readTokens } from "../harness/Token.ts"
import type { Message } from "../harness/Child.ts"

export interface HttpLoad extends Message {
  readonly type: "run"
  readonly port: number
  readonly connections: number
  /** Sent as it is; without `connection: close`. */
  readonly request: string
  /** What every response's last bytes must contain. */
  readonly endsWith: string
  /** Tokens that every response must hold; 0 when they are not counted. */
  readonly tokens: number
  /** Connections start one after the other over this long. */
  readonly rampMs: number
  readonly warmupMs: number
  readonly measureMs: number
}

const headEnd = Buffer.from("\r\n\r\n")
/** Bytes of a response's end that are kept, to find the last chunk and the expected end. */
const keptTail = 48

const requestLatencies = new Histogram()
const tokenLatencies = new Histogram()
let requests = 0
let tokens = 0
let measuring = false

class Connection {
  readonly #load: HttpLoad
  readonly #fail: (message: string) => void
  readonly #socket: Socket
  readonly #request: Buffer
  #head: Buffer | undefined
  #tail = ""
  /** Bytes of body still to come; -1: chunked, until the last chunk; -2: the head has not been read. */
  #remaining = -2
  #tokens = 0
  #sentAt = 0
  #closing = false

  constructor(load: HttpLoad, fail: (message: string) => void) {
    this.#load = load
    this.#fail = fail
    this.#request = Buffer.from(load.request)
    this.#socket = connect({ port: load.port, host: "127.0.0.1", noDelay: true })
    this.#socket.on("connect", () => this.#send())
    this.#socket.on("data", (bytes) => this.#read(bytes))
    this.#socket.on("error", (error) => this.#closed(String(error)))
    this.#socket.on("close", () => this.#closed("the server closed the connection"))
  }

  close(): void {
    this.#closing = true
    this.#socket.destroy()
  }

  #closed(message: string): void {
    if (!this.#closing) this.#fail(message)
  }

  #send(): void {
    this.#remaining = -2
    this.#tokens = 0
    this.#tail = ""
    this.#sentAt = nowMicros()
    this.#socket.write(this.#request)
  }

  #read(bytes: Buffer): void {
    let body = bytes
    if (this.#remaining === -2) {
      const joined = this.#head === undefined ? bytes : Buffer.concat([this.#head, bytes])
      const end = joined.indexOf(headEnd)
      if (end < 0) {
        this.#head = joined
        return
      }
      this.#head = undefined
      const head = joined.toString("latin1", 0, end)
      if (!head.startsWith("HTTP/1.1 200")) return this.#fail(`unexpected answer: ${joined.toString("utf8").slice(0, 400)}`)
      const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
      this.#remaining = length === undefined ? -1 : Number(length)
      body = joined.subarray(end + headEnd.length)
    }
    if (this.#load.tokens > 0) {
      const found = readTokens(body, measuring ? tokenLatencies : undefined, nowMicros())
      this.#tokens += found
      if (measuring) tokens += found
    }
    const from = Math.max(0, body.length - keptTail)
    this.#tail = (this.#tail + body.toString("latin1", from)).slice(-keptTail)
    if (this.#remaining >= 0) {
      this.#remaining -= body.length
      if (this.#remaining === 0) this.#answered()
    } else if (this.#tail.endsWith("0\r\n\r\n")) {
      this.#answered()
    }
  }

  #answered(): void {
    if (!this.#tail.includes(this.#load.endsWith)) return this.#fail(`a response ends wrongly: ${this.#tail}`)
    if (this.#tokens !== this.#load.tokens) return this.#fail(`a response has ${this.#tokens} tokens`)
    if (measuring) {
      requests++
      requestLatencies.add(nowMicros() - this.#sentAt)
    }
    this.#send()
  }
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const run = async (load: HttpLoad): Promise<void> => {
  let failed: string | undefined
  const connections: Array<Connection> = []
  const fail = (message: string) => {
    failed ??= message
  }
  for (let i = 0; i < load.connections; i++) {
    connections.push(new Connection(load, fail))
    const pause = load.rampMs / load.connections
    if (pause > 0) await sleep(pause)
  }
  await sleep(load.warmupMs)

  requestLatencies.clear()
  tokenLatencies.clear()
  requests = 0
  tokens = 0
  process.send?.({ type: "mark" })
  measuring = true
  const startedAt = nowMicros()
  const cpuBefore = process.cpuUsage()
  await sleep(load.measureMs)
  measuring = false
  process.send?.({ type: "end" })
  const seconds = (nowMicros() - startedAt) / 1e6
  const cpu = process.cpuUsage(cpuBefore)

  for (const connection of connections) connection.close()
  if (failed !== undefined) {
    process.send?.({ type: "failure", message: failed })
    return
  }
  process.send?.({
    type: "result",
    requests,
    tokens,
    seconds,
    loadCpu: (cpu.user + cpu.system) / 1e6 / seconds,
    p50Ms: requestLatencies.percentileMs(50),
    p99Ms: requestLatencies.percentileMs(99),
    tokenP50Ms: tokenLatencies.percentileMs(50),
    tokenP99Ms: tokenLatencies.percentileMs(99)
  })
}

process.on("message", (message: HttpLoad) => {
  if (message.type === "run") void run(message)
})
process.send?.({ type: "ready", port: 0 })
