/**
 * A client of `parley.v1` as docs/websocket.md describes one, over as many connections as it takes: it reconnects with jitter wherever a
 * gateway is open, subscribes again from where it was, and sends again, under the same id, what was not answered.
 */
import { Schema } from "effect"
import type { RoomFrame } from "../../packages/domain/src/RoomFrame.ts"
import { ServerFrame, subprotocol } from "../../packages/domain/src/SocketProtocol.ts"
import type { Random } from "../harness/Random.ts"
import { sleep } from "../harness/wait.ts"
import { RunView } from "./RunView.ts"

const decode = Schema.decodeUnknownSync(Schema.fromJsonString(ServerFrame))

/** Before a reconnection, at random up to this; a `go-away` says its own. */
const reconnectWithinMs = 300
/** A connection that does not open, and a command that is not answered, is given up after this. */
const connectTimeoutMs = 5_000
const commandTimeoutMs = 30_000
/** Between two acknowledgements. */
const ackEveryMs = 500
/** First code of those after which a client must not come back. */
const firstFinalCode = 4500

type Command = Readonly<Record<string, unknown>> & { readonly type: string }
type Answer = Extract<ServerFrame, { readonly id?: string }>

export interface GoAway {
  /** Of the gateway's socket. */
  readonly url: string
  readonly atMs: number
  readonly withinMs: number
}

interface Waiting {
  readonly frame: Command
  readonly answer: (frame: Answer) => void
}

export class SocketClient {
  /** Codes with which connections ended. */
  readonly closes: Array<number> = []
  /** When a gateway said to go, and within which time. */
  readonly goAways: Array<GoAway> = []

  readonly #url: () => string | undefined
  readonly #key: string
  readonly #random: Random
  readonly #onRoom: (frame: RoomFrame) => void
  readonly #waiting = new Map<string, Waiting>()
  readonly #byRun = new Map<string, RunView>()
  readonly #timer: NodeJS.Timeout
  #socket: WebSocket | undefined
  #isClosed = false
  #ids = 0
  #withinMs = reconnectWithinMs

  /** `url` answers with the address of a gateway that is open now. `onRoom`: what is told of rooms that it follows. */
  constructor(url: () => string | undefined, key: string, random: Random, onRoom: (frame: RoomFrame) => void = () => undefined) {
    this.#onRoom = onRoom
    this.#url = url
    this.#key = key
    this.#random = random
    this.#timer = setInterval(() => this.#acknowledge(), ackEveryMs)
    void this.#connect()
  }

  /** Asks until it has an answer that is no error, or one that says never. */
  async command(frame: Command): Promise<Answer> {
    for (;;) {
      const answer = await this.#once(frame)
      if (answer?.type !== "error" || answer.retry === "never") {
        if (answer !== undefined) return answer
        continue
      }
      await sleep(answer.retryAfterMs ?? reconnectWithinMs)
    }
  }

  /** The first answer, whatever it is; undefined when there was none in time. */
  async ask(frame: Command): Promise<Answer | undefined> {
    return this.#once(frame)
  }

  /** What has no answer. */
  say(frame: Command): void {
    this.#send(frame)
  }

  follow(conversationId: string, runId: string): RunView {
    const view = new RunView(conversationId, runId, "socket")
    this.#byRun.set(runId, view)
    this.#subscribe(view)
    return view
  }

  /** Its run has ended. */
  forget(view: RunView): void {
    if (this.#byRun.get(view.runId) !== view) return
    this.#byRun.delete(view.runId)
    const { conversationId, runId } = view
    void this.ask({ type: "unsubscribe", conversationId, runId })
  }

  close(): void {
    this.#isClosed = true
    clearInterval(this.#timer)
    this.#socket?.close()
  }

  #once(frame: Command): Promise<Answer | undefined> {
    const id = `c${this.#ids++}`
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id)
        resolve(undefined)
      }, commandTimeoutMs)
      this.#waiting.set(id, {
        frame: { ...frame, id },
        answer: (answer) => {
          clearTimeout(timer)
          this.#waiting.delete(id)
          resolve(answer)
        }
      })
      this.#send({ ...frame, id })
    })
  }

  #subscribe(view: RunView): void {
    const { conversationId, epoch, last, runId } = view
    const cursor = epoch === undefined ? {} : { epoch, afterSeq: last }
    void this.#once({ type: "subscribe", conversationId, runId, ...cursor }).then(async (answer) => {
      if (answer?.type === "done" || view.isOver || this.#isClosed) return
      await sleep(answer?.type === "error" ? (answer.retryAfterMs ?? reconnectWithinMs) : 0)
      if (this.#byRun.get(runId) === view && !view.isOver) this.#subscribe(view)
    })
  }

  #send(frame: object): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame))
  }

  #acknowledge(): void {
    for (const { conversationId, isOver, last, runId } of this.#byRun.values()) {
      if (!isOver && last > 0) this.#send({ type: "ack", conversationId, runId, seq: last })
    }
  }

  async #connect(): Promise<void> {
    while (!this.#isClosed) {
      const url = this.#url()
      if (url === undefined) {
        await sleep(reconnectWithinMs)
        continue
      }
      const code = await this.#stay(`${url.replace(/^http/, "ws")}/ws`)
      this.closes.push(code)
      if (code >= firstFinalCode && code < 5_000) throw new Error(`closed for good with ${code}`)
      await sleep(this.#random.next() * this.#withinMs)
      this.#withinMs = reconnectWithinMs
    }
  }

  /** One connection, from its opening to its end. */
  #stay(address: string): Promise<number> {
    return new Promise((resolve) => {
      const socket = new WebSocket(address, [subprotocol, `parley.key.${this.#key}`])
      const timer = setTimeout(() => end(1006), connectTimeoutMs)
      const end = (code: number): void => {
        clearTimeout(timer)
        if (this.#socket === socket) this.#socket = undefined
        // To close one that has not opened yet is an error of it again.
        socket.onclose = socket.onerror = socket.onmessage = null
        socket.close()
        resolve(code)
      }
      socket.onclose = ({ code }) => end(code)
      socket.onerror = () => end(1006)
      socket.onmessage = ({ data }) => {
        const frame = decode(String(data))
        if (frame.type === "welcome") {
          clearTimeout(timer)
          this.#socket = socket
          // Waiting commands go again as they are; those that subscribe are of the lost connection, and are made anew.
          for (const [id, { frame: asked }] of this.#waiting) {
            if (asked.type === "subscribe") this.#waiting.delete(id)
            else this.#send(asked)
          }
          for (const view of this.#byRun.values()) if (!view.isOver) this.#subscribe(view)
          return
        }
        if (frame.type === "go-away") {
          this.#withinMs = frame.withinMs
          this.goAways.push({ url: address, atMs: performance.now(), withinMs: frame.withinMs })
          return
        }
        if (frame.type === "room" || frame.type === "room-snapshot" || frame.type === "presence") return this.#onRoom(frame)
        if (frame.type === "room-gone" || frame.type === "pong") return
        if ("id" in frame && frame.id !== undefined) this.#waiting.get(frame.id)?.answer(frame)
        if (isRunFrame(frame)) {
          const view = this.#byRun.get(frame.runId)
          if (view !== undefined && !view.receive(frame)) this.#subscribe(view)
        }
      }
    })
  }
}

type RunFrames = Extract<ServerFrame, { readonly type: "delta" | "snapshot" | "closed" | "gone" | "caught-up" }>
const runFrames: ReadonlySet<string> = new Set(["delta", "snapshot", "closed", "gone", "caught-up"])
const isRunFrame = (frame: ServerFrame): frame is RunFrames => runFrames.has(frame.type)
