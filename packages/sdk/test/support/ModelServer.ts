/** The server half of `parley.v1` as docs/websocket.md tells it, in memory, for one conversation; and a network that a seed makes bad. */
import { foldRunEvents, initialRunState } from "@parley/domain/foldRun"
import type { MessageId } from "@parley/domain/Ids"
import type { Message } from "@parley/domain/Message"
import { RoomEvent } from "@parley/domain/RoomFrame"
import { isTerminal } from "@parley/domain/RunEvent"
import type { RunEvent, RunTerminal } from "@parley/domain/RunEvent"
import { Schema } from "effect"
import { ClientFrame } from "@parley/domain/SocketProtocol"
import { Conversation as ConversationSchema, Message as MessageSchema } from "@parley/domain/Message"
import type { VirtualSocket } from "./VirtualPlatform.ts"

const decode = Schema.decodeUnknownSync(Schema.fromJsonString(ClientFrame))
const roomEvent = Schema.decodeUnknownSync(RoomEvent)
const stored = Schema.decodeUnknownSync(MessageSchema)

/** An identifier of the right form. */
export const idOf = (prefix: string, number: number): string => `${prefix}_${String(number).padStart(26, "0")}`

export interface ModelRun {
  readonly runId: string
  readonly messageId: MessageId
  epoch: string
  events: Array<RunEvent>
  terminal: RunTerminal | null
}

type Command = Extract<ClientFrame, { readonly clientMessageId: string }>

interface Link {
  readonly socket: VirtualSocket
  /** Sent, and still on its way. */
  readonly toClient: Array<string>
  room: boolean
  readonly runs: Set<string>
}

export const conversationId = idOf("cnv", 1)
const principalId = idOf("prn", 1)

export const conversation = Schema.decodeUnknownSync(ConversationSchema)({
  id: conversationId,
  title: "a model",
  model: "demo/echo",
  systemPrompt: null,
  parameters: {},
  createdBy: principalId,
  createdAtMs: 1,
  updatedAtMs: 1
})

export class ModelServer {
  readonly runs = new Map<string, ModelRun>()
  readonly messages = new Map<string, Message>()
  readonly room: Array<RoomEvent> = []
  /** `clientMessageId`s in the order in which they became messages. */
  readonly turns: Array<string> = []
  readonly acks: Array<number> = []
  readonly links = new Set<Link>()
  readonly #accepted = new Map<string, object>()
  readonly #random: () => number
  #ids = 1
  #last: MessageId | null = null

  constructor(random: () => number) {
    this.#random = random
  }

  connect(socket: VirtualSocket): void {
    const link: Link = { socket, toClient: [], room: false, runs: new Set() }
    this.links.add(link)
    this.#send(link, { type: "welcome", protocol: "parley.v1", requestId: "req_1", heartbeatMs: 30_000 })
  }

  get activeRun(): ModelRun | undefined {
    return [...this.runs.values()].find(({ terminal }) => terminal === null)
  }

  /** Takes the next frame of the client, if there is one. */
  take(link: Link): boolean {
    const text = link.socket.toServer.shift()
    if (text === undefined) return false
    this.#receive(link, decode(text))
    return true
  }

  emit(run: ModelRun, ...events: ReadonlyArray<RunEvent>): void {
    const seq = run.events.length + 1
    run.events.push(...events)
    const frame = { type: "delta", conversationId, runId: run.runId, epoch: run.epoch, seq, count: events.length, events }
    for (const link of this.links) if (link.runs.has(run.runId)) this.#send(link, frame)
    const terminal = events.find(isTerminal)
    if (terminal === undefined) return
    run.terminal = terminal
    this.#tell({ type: "message-closed", message: this.#close(run, terminal) })
  }

  /** The owner is lost: the last events with it; another goes on in a new epoch. Some hear of it by a snapshot, some only by its first delta. */
  restart(run: ModelRun): void {
    run.events = run.events.slice(0, Math.max(1, run.events.length - Math.floor(this.#random() * 4)))
    run.epoch = idOf("epo", ++this.#ids)
    for (const link of this.links) if (link.runs.has(run.runId) && this.#random() < 0.5) this.#send(link, this.#snapshot(run))
  }

  #receive(link: Link, frame: ClientFrame): void {
    switch (frame.type) {
      case "ping":
        return this.#send(link, { type: "pong" })
      case "ack":
        return void this.acks.push(frame.seq)
      case "send":
      case "edit":
      case "regenerate": {
        const before = this.#accepted.get(frame.clientMessageId)
        if (before !== undefined) return this.#send(link, { type: "accepted", id: frame.id, ...before, duplicate: true })
        if (this.activeRun !== undefined) return this.#refuse(link, frame.id, "conflict", "never")
        if (this.#random() < 0.1) return this.#refuse(link, frame.id, "busy", "later")
        const accepted = this.#accept(frame)
        return this.#send(link, { type: "accepted", id: frame.id, ...accepted, duplicate: false })
      }
      case "cancel": {
        const run = this.runs.get(frame.runId)
        if (run !== undefined && run.terminal === null) this.emit(run, { type: "run-cancel" })
        return this.#send(link, { type: "done", id: frame.id })
      }
      case "follow": {
        link.room = true
        const { afterSeq } = frame
        if (afterSeq === undefined || this.#random() < 0.2) this.#send(link, this.#roomSnapshot())
        else for (let seq = afterSeq + 1; seq <= this.room.length; seq++) this.#send(link, this.#roomFrame(seq))
        return this.#send(link, { type: "done", id: frame.id })
      }
      case "subscribe": {
        const run = this.runs.get(frame.runId)
        if (run === undefined) this.#send(link, { type: "gone", conversationId, runId: frame.runId })
        else {
          link.runs.add(run.runId)
          this.#replay(link, run, frame.epoch, frame.afterSeq ?? 0)
        }
        return this.#send(link, { type: "done", id: frame.id })
      }
      default:
        return "id" in frame ? this.#send(link, { type: "done", id: frame.id }) : undefined
    }
  }

  /** What is sent follows the newest message, an edit stands beside the message that it is a version of, a regeneration beside its answer. */
  #accept(command: Command): object {
    this.turns.push(command.clientMessageId)
    const other = command.type === "send" ? undefined : this.#known(command.messageId)
    const parentId = other === undefined ? this.#last : other.parentId
    const asked =
      command.type === "regenerate"
        ? this.#known(parentId)
        : this.#message({
            role: "user",
            parentId,
            authorId: principalId,
            content: command.content,
            status: "complete",
            runId: null
          })
    const runId = idOf("run", ++this.#ids)
    const answer = this.#message({
      role: "assistant",
      parentId: asked.id,
      authorId: null,
      content: [],
      status: "streaming",
      runId
    })
    this.#last = answer.id
    const run: ModelRun = { runId, messageId: answer.id, epoch: idOf("epo", ++this.#ids), events: [], terminal: null }
    this.runs.set(runId, run)
    const accepted = { messageId: asked.id, run: { runId, messageId: answer.id, epoch: run.epoch } }
    this.#accepted.set(command.clientMessageId, accepted)
    if (command.type !== "regenerate") this.#tell({ type: "message-added", message: asked })
    this.#tell({ type: "message-added", message: answer })
    this.#tellRun(run)
    for (const link of this.links) if (link.room) link.runs.add(runId)
    this.emit(run, { type: "run-start", messageId: answer.id, model: "demo/echo" })
    return accepted
  }

  #known(id: string | null): Message {
    const message = id === null ? undefined : this.messages.get(id)
    if (message === undefined) throw new Error(`there is no message ${id}`)
    return message
  }

  #message(fields: Record<string, unknown>): Message {
    const number = ++this.#ids
    const blank = { model: null, finishReason: null, usage: null, error: null, lastSeq: null }
    const message = stored({ id: idOf("msg", number), conversationId, ...blank, createdAtMs: number, ...fields })
    this.messages.set(message.id, message)
    return message
  }

  #close(run: ModelRun, terminal: RunTerminal): Message {
    const state = this.#state(run)
    const finishReason = terminal.type === "run-complete" ? terminal.finishReason : null
    const before = this.messages.get(run.messageId)
    const status = state.status === "running" ? "complete" : state.status
    const message = stored({ ...before, content: state.content, status, finishReason, lastSeq: run.events.length })
    this.messages.set(message.id, message)
    return message
  }

  #state(run: ModelRun) {
    return foldRunEvents(initialRunState(run.messageId, ""), run.events)
  }

  #tell(event: RoomEvent): void {
    this.room.push(event)
    const frame = this.#roomFrame(this.room.length)
    for (const link of this.links) if (link.room) this.#send(link, frame)
  }

  #tellRun({ messageId, runId }: ModelRun): void {
    const started = roomEvent({ type: "run-started", run: { runId, messageId, status: "running" } })
    this.#tell(started)
  }

  #roomFrame(seq: number): object {
    return { type: "room", conversationId, seq, event: this.room[seq - 1] }
  }

  #roomSnapshot(): object {
    const active = this.activeRun
    const activeRun = active === undefined ? null : { runId: active.runId, messageId: active.messageId, status: "running" }
    const messages = [...this.messages.values()]
    return { type: "room-snapshot", conversationId, seq: this.room.length, conversation, members: [], messages, activeRun }
  }

  #snapshot(run: ModelRun): object {
    return {
      type: "snapshot",
      conversationId,
      runId: run.runId,
      epoch: run.epoch,
      seq: run.events.length,
      state: this.#state(run)
    }
  }

  #replay(link: Link, run: ModelRun, epoch: string | undefined, afterSeq: number): void {
    const { runId } = run
    const message = this.messages.get(run.messageId)
    if (run.terminal !== null && this.#random() < 0.5) {
      this.#send(link, { type: "closed", conversationId, runId, message, terminal: run.terminal })
      return this.#send(link, { type: "caught-up", conversationId, runId, epoch: null, seq: run.events.length })
    }
    const isHeld = (epoch === undefined || epoch === run.epoch) && afterSeq <= run.events.length && this.#random() < 0.8
    if (!isHeld) this.#send(link, this.#snapshot(run))
    for (let at = isHeld ? afterSeq : run.events.length; at < run.events.length;) {
      const count = Math.min(1 + Math.floor(this.#random() * 5), run.events.length - at)
      const events = joined(run.events.slice(at, at + count))
      this.#send(link, { type: "delta", conversationId, runId, epoch: run.epoch, seq: at + 1, count, events })
      at += count
    }
    this.#send(link, { type: "caught-up", conversationId, runId, epoch: run.epoch, seq: run.events.length })
  }

  #refuse(link: Link, id: string, code: string, retry: string): void {
    this.#send(link, { type: "error", id, code, message: code, requestId: "req_1", retry, retryAfterMs: 100 })
  }

  #send(link: Link, frame: object): void {
    link.toClient.push(JSON.stringify(frame))
  }
}

/** Adjacent text as one event, as a replay may have it. */
const joined = (events: ReadonlyArray<RunEvent>): ReadonlyArray<RunEvent> => {
  const out: Array<RunEvent> = []
  for (const event of events) {
    const last = out.at(-1)
    if (event.type === "text-delta" && last?.type === "text-delta")
      out[out.length - 1] = { ...last, text: last.text + event.text }
    else out.push(event)
  }
  return out
}
