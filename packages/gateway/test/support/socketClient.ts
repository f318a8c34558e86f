/** A client of the protocol on a real WebSocket, which keeps its side of it: applies only what follows on, and acknowledges. */
import { Schema } from "effect"
import type { ConversationId, Epoch, RunId } from "@parley/domain/Ids"
import { isTerminal } from "@parley/domain/RunEvent"
import type { RunTerminal } from "@parley/domain/RunEvent"
import { ServerFrame } from "@parley/domain/SocketProtocol"
import { until } from "./socketDoors.ts"
import { goodKey } from "./socketKeys.ts"

const decode = Schema.decodeUnknownSync(Schema.fromJsonString(ServerFrame))

/** What a client holds of a run; it outlives connections. */
export interface HeldRun {
  epoch: Epoch | undefined
  seq: number
  text: string
  readonly terminals: Array<RunTerminal>
}

export const nothingHeld = (): HeldRun => ({ epoch: undefined, seq: 0, text: "", terminals: [] })

export class SocketClient {
  readonly frames: Array<ServerFrame> = []
  readonly held: HeldRun
  closed: { readonly code: number; readonly reason: string } | undefined
  failed = false
  readonly #socket: WebSocket
  #commands = 0

  constructor(url: string, held = nothingHeld(), protocols = ["parley.v1", `parley.key.${goodKey}`]) {
    this.held = held
    this.#socket = new WebSocket(`${url.replace("http", "ws")}/ws`, protocols)
    this.#socket.addEventListener("message", ({ data }) => this.#receive(decode(data)))
    this.#socket.addEventListener("close", ({ code, reason }) => {
      this.closed = { code, reason }
    })
    this.#socket.addEventListener("error", () => {
      this.failed = true
    })
  }

  get protocol(): string {
    return this.#socket.protocol
  }

  /** Until the welcome. */
  async open(): Promise<this> {
    await this.until("welcome", (frame) => frame.type === "welcome")
    return this
  }

  raw(text: string | Uint8Array<ArrayBuffer>): void {
    this.#socket.send(text)
  }

  /** The answer to the command. */
  async command(frame: { readonly type: string } & Record<string, unknown>): Promise<ServerFrame> {
    const id = String(++this.#commands)
    this.raw(JSON.stringify({ ...frame, id }))
    return this.until(`an answer to ${frame.type}`, (answer) => "id" in answer && answer.id === id)
  }

  subscribe(conversationId: ConversationId, runId: RunId): Promise<ServerFrame> {
    const { epoch, seq } = this.held
    return this.command({ type: "subscribe", conversationId, runId, ...(epoch === undefined ? {} : { epoch, afterSeq: seq }) })
  }

  async until(what: string, isIt: (frame: ServerFrame) => boolean): Promise<ServerFrame> {
    let found: ServerFrame | undefined
    await until(what, () => (found = this.frames.find(isIt)) !== undefined)
    if (found === undefined) throw new Error(what)
    return found
  }

  async end(): Promise<void> {
    this.#socket.close()
    await until("the socket is closed", () => this.closed !== undefined)
  }

  #receive(frame: ServerFrame): void {
    this.frames.push(frame)
    const { held } = this
    if (frame.type === "snapshot") {
      held.epoch = frame.epoch
      held.seq = frame.seq
      held.text = frame.state.content.map((part) => (part.type === "text" ? part.text : "")).join("")
    } else if (frame.type === "delta") {
      held.epoch ??= frame.epoch
      if (frame.epoch !== held.epoch || frame.seq > held.seq + 1) return void this.subscribe(frame.conversationId, frame.runId)
      if (frame.seq <= held.seq) return
      held.seq = frame.seq + frame.count - 1
      for (const event of frame.events) {
        if (event.type === "text-delta") held.text += event.text
        if (isTerminal(event)) held.terminals.push(event)
      }
      const { conversationId, runId } = frame
      this.raw(JSON.stringify({ type: "ack", conversationId, runId, seq: held.seq }))
    }
  }
}
