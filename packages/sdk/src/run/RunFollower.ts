/** A run as this client holds it, by the rules of docs/websocket.md: a frame is applied only when it follows on. */
import { foldRun, initialRunState } from "@parley/domain/foldRun"
import type { Epoch, MessageId } from "@parley/domain/Ids"
import type { Message } from "@parley/domain/Message"
import type { RunEvent, RunTerminal } from "@parley/domain/RunEvent"
import type { RunFrame, RunState } from "@parley/domain/RunFrame"
import type { Command } from "../connection/Commands.ts"
import type { FollowHost } from "../follow/FollowHost.ts"
import { Following } from "../follow/Following.ts"
import type { FollowActs } from "../follow/Following.ts"
import type { FollowEvent, FollowState } from "../follow/followMachine.ts"
import type { CallOptions } from "../http/HttpCaller.ts"
import { ParleyApiError } from "../ParleyApiError.ts"
import { ParleyConnectionError } from "../ParleyConnectionError.ts"
import { Listeners } from "../Store.ts"
import { textOf } from "../textOf.ts"
import type { FrameOf } from "../wire/frames.ts"
import { EventQueue } from "./EventQueue.ts"
import type { FinishedRun, Run } from "./Run.ts"
import type { ActiveRun, RunSnapshot, RunUpdate } from "./RunSnapshot.ts"
import { noteEvent, noteOwner, noteState, nothingNoted } from "./RunNotes.ts"
import { endOf, stateOf } from "./storedRun.ts"

export interface RunOptions {
  readonly conversationId: string
  readonly runId: string
  readonly messageId: MessageId | null
  /** `start`: it begins now, and the server tells it by itself to who follows its room. */
  readonly from: "start" | "unknown"
  /** Something changed. */
  readonly changed: () => void
}

export class RunFollower implements Run {
  readonly id: string
  readonly conversationId: string
  readonly #host: FollowHost
  readonly #changed: () => void
  readonly #following: Following
  readonly #listeners: Listeners
  readonly #readers = new Set<EventQueue>()
  #state: RunState | null
  #epoch: Epoch | null = null
  #seq = 0
  #notes = nothingNoted
  #snapshot: RunSnapshot | undefined
  #error: ParleyApiError | ParleyConnectionError | undefined

  constructor(host: FollowHost, options: RunOptions) {
    this.#host = host
    this.id = options.runId
    this.conversationId = options.conversationId
    this.#state = options.messageId === null ? null : initialRunState(options.messageId, "")
    this.#changed = options.changed
    this.#listeners = new Listeners(host.onError)
    const log = {
      question: () => this.#question(),
      answered: () => {},
      refused: (error: ParleyApiError) => {
        this.#error ??= error
        this.#to("gone")
      }
    }
    this.#following = new Following(host, log, options.from === "start" && host.isOpen() ? "live" : "away")
  }

  get seq(): number {
    return this.#seq
  }
  get messageId(): MessageId | null {
    return this.#state?.messageId ?? null
  }
  /** Null as long as nothing but its id is known. */
  get ref(): ActiveRun | null {
    const { messageId } = this
    return messageId === null ? null : { runId: this.id, messageId }
  }
  get isUnfinished(): boolean {
    return this.#following.state !== "over" && this.#following.state !== "gone"
  }

  readonly subscribe = (listener: () => void): (() => void) => this.#listeners.add(listener)

  readonly getSnapshot = (): RunSnapshot =>
    (this.#snapshot ??= {
      runId: this.id,
      messageId: this.messageId,
      epoch: this.#epoch,
      seq: this.#seq,
      state: this.#state,
      switches: this.#notes.switches,
      toolResults: this.#notes.toolResults,
      toolCallDrafts: this.#notes.toolCallDrafts,
      standing: standings[this.#following.state]
    })

  readonly events = ({ signal }: CallOptions = {}): AsyncIterableIterator<RunUpdate> => {
    const stop = () => queue.fail(signal?.reason)
    const queue = new EventQueue(this.#host.limits.bufferedEvents, () => {
      signal?.removeEventListener("abort", stop)
      this.#readers.delete(queue)
    })
    if (signal?.aborted === true) stop()
    signal?.addEventListener("abort", stop)
    const state = this.#state
    if (state !== null && this.#seq > 0) queue.push({ type: "snapshot", state }, state)
    if (this.isUnfinished) this.#readers.add(queue)
    else {
      if (state !== null && state.terminal !== null) queue.push(state.terminal, state)
      this.#close(queue)
    }
    return queue
  }

  readonly texts = (options?: CallOptions): AsyncIterableIterator<string> => textsOf(this, options)

  readonly finished = async (options?: CallOptions): Promise<FinishedRun> => {
    const reader = this.events(options)
    let next = await reader.next()
    while (next.done !== true) next = await reader.next()
    const state = this.#state
    if (state === null || state.terminal === null) throw this.#error ?? goneError()
    return { ...state, terminal: state.terminal }
  }

  readonly cancel = async (): Promise<void> => {
    const { ask, isOpen } = this.#host
    try {
      await ask({ type: "cancel", conversationId: this.conversationId, runId: this.id })
    } catch (error) {
      // Its answer was lost with the connection: what it has done is known when the run is followed again.
      if (!(error instanceof ParleyConnectionError && error.workMayHaveHappened) || isOpen()) throw error
      // One that is over is not followed again.
      if (!this.isUnfinished) return
      await new Promise<void>((resolve) => {
        const stop = this.subscribe(() => {
          if (this.#following.state === "away" || this.#following.state === "asking") return
          stop()
          resolve()
        })
      })
      if (this.isUnfinished) await this.cancel()
    }
  }

  /** The answer's text so far. */
  get text(): string {
    return textOf(this.#state?.content ?? [])
  }

  opened(): void {
    this.#to("open")
  }

  lost(): void {
    this.#to("lost")
  }

  receive(frame: RunFrame): void {
    switch (frame.type) {
      case "delta":
        return this.#to(this.#place(frame), {
          apply: () => {
            this.#epoch = frame.epoch
            this.#seq = frame.seq + frame.count - 1
            this.#apply(frame.events)
          }
        })
      case "snapshot":
        return this.#to(frame.epoch === this.#epoch && frame.seq < this.#seq ? "stale-snapshot" : "snapshot", {
          replace: () => {
            if (this.#epoch !== null && frame.epoch !== this.#epoch) this.#notes = noteOwner(this.#notes, frame.state.model)
            this.#epoch = frame.epoch
            this.#seq = frame.seq
            this.#replace(frame.state)
          }
        })
      case "closed":
        return this.ended(frame.message, frame.terminal)
      case "gone":
        return this.#to("gone")
      case "caught-up":
        return this.#to(frame.epoch === null || (frame.epoch === this.#epoch && frame.seq <= this.#seq) ? "caught-up" : "short")
    }
  }

  /** The stored message is the answer. */
  ended(message: Message, terminal: RunTerminal = endOf(message)): void {
    if (!this.isUnfinished) return
    this.#seq = message.lastSeq ?? this.#seq
    this.#replace(stateOf(message, terminal))
  }

  /** Its chat is closed. */
  stop(): void {
    if (!this.isUnfinished) return
    this.#error = new ParleyConnectionError("closed", "the chat was closed")
    this.#following.stop()
    this.#told()
    this.#closeReaders()
  }

  #place({ epoch, events, seq }: FrameOf<"delta">): FollowEvent {
    if (this.#epoch === null) return seq === 1 && (this.#state !== null || events[0]?.type === "run-start") ? "next" : "gap"
    if (epoch !== this.#epoch) return "foreign"
    return seq === this.#seq + 1 ? "next" : seq <= this.#seq ? "old" : "gap"
  }

  #to(event: FollowEvent, acts: Partial<FollowActs> = {}): void {
    const before = this.#following.state
    this.#following.dispatch(event, { ...this.#acts, ...acts })
    if (this.#following.state !== before) this.#told()
  }

  readonly #acts: FollowActs = {
    apply: () => {},
    replace: () => {},
    finish: () => this.#closeReaders(),
    forget: () => {
      this.#error ??= goneError()
      this.#closeReaders()
    }
  }

  #apply(events: ReadonlyArray<RunEvent>): void {
    for (const event of events) {
      const before = this.#state ?? (event.type === "run-start" ? initialRunState(event.messageId, event.model) : null)
      if (before === null || before.terminal !== null) continue
      const state = foldRun(before, event)
      this.#state = state
      this.#notes = noteEvent(this.#notes, event)
      for (const reader of this.#readers) reader.push(event, state)
    }
    this.#settle()
  }

  #replace(state: RunState): void {
    this.#state = state
    this.#notes = noteState(this.#notes, state)
    for (const reader of this.#readers) {
      reader.push({ type: "snapshot", state }, state)
      if (state.terminal !== null) reader.push(state.terminal, state)
    }
    this.#settle()
  }

  #settle(): void {
    const terminal = this.#state?.terminal ?? null
    if (terminal !== null) this.#following.dispatch("end", this.#acts)
    this.#told()
  }

  #told(): void {
    this.#snapshot = undefined
    this.#listeners.notify()
    this.#changed()
  }

  #closeReaders(): void {
    for (const reader of this.#readers) this.#close(reader)
    this.#readers.clear()
  }

  #close(reader: EventQueue): void {
    if (this.#error === undefined) reader.end()
    else reader.fail(this.#error)
  }

  #question(): Command {
    const cursor = this.#epoch === null ? {} : { epoch: this.#epoch, afterSeq: this.#seq }
    return { type: "subscribe", conversationId: this.conversationId, runId: this.id, ...cursor }
  }
}

const standings: Record<FollowState, RunSnapshot["standing"]> = {
  away: "waiting",
  asking: "replaying",
  live: "live",
  over: "over",
  gone: "gone"
}

const goneError = (): ParleyApiError => {
  const message = "there is no such run, or it is not this caller's"
  return new ParleyApiError({ code: "not_found", message, status: 0, retry: "never", requestId: "" })
}

async function* textsOf(run: RunFollower, options: CallOptions | undefined): AsyncGenerator<string, void> {
  let told = ""
  const reader = run.events(options)
  try {
    for (let next = await reader.next(); next.done !== true; next = await reader.next()) {
      const { text } = run
      if (text !== told) yield text
      told = text
    }
  } finally {
    await reader.return?.()
  }
}
