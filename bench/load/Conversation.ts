/** One conversation on one socket, as a client of `parley.v1` follows it: frames applied, numbered and acknowledged. */
import { nowMicros, readTokens } from "../harness/Token.ts"
import type { Histogram } from "../harness/Statistics.ts"
import { SocketClient } from "./SocketClient.ts"

/** As docs/websocket.md asks of a client. */
const ackEveryBytes = 8 * 1024
const ackEveryMicros = 900_000
/** Of one send, while the server says `later`. */
const maxTries = 20

export interface Counters {
  tokens: number
  frames: number
  snapshots: number
  retries: number
  /** Undefined while nothing is measured. */
  latencies: Histogram | undefined
}

export interface ConversationOptions {
  readonly port: number
  readonly key: string
  readonly conversationId: string
  readonly counters: Counters
  readonly onFailure: (message: string) => void
}

interface Waiting {
  readonly resolve: (frame: Record<string, unknown>) => void
}

export class Conversation {
  readonly #options: ConversationOptions
  readonly #client: SocketClient
  readonly #waiting = new Map<string, Waiting>()
  #runId = ""
  #seq = 0
  #ackedSeq = 0
  #ackedAt = 0
  #bytes = 0
  #nextId = 0
  /** Tokens of the present run. */
  tokens = 0
  /** When the run's first token came, by the machine's clock; 0 before. */
  firstTokenAt = 0
  /** The terminal event of the present run. */
  terminal: string | undefined
  onTerminal: (() => void) | undefined

  private constructor(options: ConversationOptions, onWelcome: () => void) {
    this.#options = options
    this.#waiting.set("welcome", { resolve: onWelcome })
    this.#client = new SocketClient({
      port: options.port,
      key: options.key,
      onFrame: (payload) => this.#apply(payload),
      onLost: (reason) => options.onFailure(`${options.conversationId}: ${reason}`)
    })
  }

  static open(options: ConversationOptions): Promise<Conversation> {
    return new Promise((resolve) => {
      const conversation: Conversation = new Conversation(options, () => resolve(conversation))
    })
  }

  command(type: string, fields: Record<string, unknown>): Promise<Record<string, unknown>> {
    const id = String(this.#nextId++)
    return new Promise((resolve) => {
      this.#waiting.set(id, { resolve })
      this.#client.send({ type, id, conversationId: this.#options.conversationId, ...fields })
    })
  }

  /** A refusal that says `later` is heeded, as a client should. */
  async send(model: string, clientMessageId: string): Promise<Record<string, unknown>> {
    this.tokens = 0
    this.firstTokenAt = 0
    this.terminal = undefined
    this.#seq = 0
    this.#ackedSeq = 0
    for (let tries = 1; ; tries++) {
      const answer = await this.command("send", { clientMessageId, model, content: [{ type: "text", text: "Say hello." }] })
      if (answer["type"] === "accepted") return answer
      if (answer["retry"] !== "later" || tries === maxTries) {
        this.#options.onFailure(`a send is answered with ${JSON.stringify(answer)}`)
        return answer
      }
      this.#options.counters.retries++
      await new Promise((resolve) => setTimeout(resolve, Number(answer["retryAfterMs"])))
    }
  }

  close(): void {
    this.#client.close()
  }

  #apply(payload: Buffer): void {
    const start = payload.toString("latin1", 0, 240)
    if (start.startsWith('{"type":"delta"')) return this.#delta(start, payload)
    const frame = JSON.parse(payload.toString("utf8")) as Record<string, unknown>
    if (frame["type"] === "snapshot") {
      // Replaces what was held; its tokens were not delivered one by one.
      this.#options.counters.snapshots++
      this.tokens = readTokens(payload, undefined, 0)
      this.#seq = Number(frame["seq"])
      if ((frame["state"] as { terminal: unknown }).terminal !== null) this.#ended("snapshot")
      return
    }
    if (frame["type"] === "error" && frame["id"] === undefined)
      this.#options.onFailure(`an error frame: ${payload.toString("utf8")}`)
    const answered = frame["type"] === "welcome" ? "welcome" : String(frame["id"] ?? "")
    const waiting = this.#waiting.get(answered)
    this.#waiting.delete(answered)
    waiting?.resolve(frame)
  }

  #delta(start: string, payload: Buffer): void {
    const { counters } = this.#options
    const numbers = /"runId":"([^"]+)".*?"seq":(\d+),"count":(\d+)/.exec(start)
    if (numbers === null) return this.#options.onFailure(`a frame in another shape: ${start}`)
    const seq = Number(numbers[2])
    this.#runId = numbers[1] ?? ""
    if (seq !== this.#seq + 1) this.#options.onFailure(`a gap: ${seq} came after ${this.#seq}`)
    this.#seq = seq + Number(numbers[3]) - 1
    const now = nowMicros()
    const found = readTokens(payload, counters.latencies, now)
    if (found > 0 && this.firstTokenAt === 0) this.firstTokenAt = now
    this.tokens += found
    counters.tokens += found
    counters.frames++
    this.#bytes += payload.length
    if (this.#bytes >= ackEveryBytes || now - this.#ackedAt > ackEveryMicros) this.#acknowledge(now)
    if (payload.length < 4_096 && payload.includes('"type":"run-')) {
      const terminal = /"type":"(run-complete|run-cancel|run-fail)"/.exec(payload.toString("latin1"))
      if (terminal !== null) this.#ended(terminal[1] ?? "")
    }
  }

  #acknowledge(now: number): void {
    this.#bytes = 0
    this.#ackedAt = now
    if (this.#ackedSeq === this.#seq) return
    this.#ackedSeq = this.#seq
    this.#client.send({ type: "ack", conversationId: this.#options.conversationId, runId: this.#runId, seq: this.#seq })
  }

  #ended(terminal: string): void {
    this.terminal = terminal
    this.onTerminal?.()
  }
}
