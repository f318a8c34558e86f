/** What one client knows of one run, by the rules of docs/websocket.md. It outlives the client's connections. */
import { textOf } from "../../packages/domain/src/Content.ts"
import { foldRunEvents, initialRunState } from "../../packages/domain/src/foldRun.ts"
import type { Epoch } from "../../packages/domain/src/Ids.ts"
import { isTerminal } from "../../packages/domain/src/RunEvent.ts"
import type { RunTerminal } from "../../packages/domain/src/RunEvent.ts"
import type { RunFrame, RunState } from "../../packages/domain/src/RunFrame.ts"

export type View = "socket" | "sse" | "rpc"

export interface Silence {
  readonly ms: number
  readonly endedAtMs: number
  readonly view: RunView
}

export class RunView {
  readonly conversationId: string
  readonly runId: string
  readonly by: View
  epoch: Epoch | undefined
  last = 0
  /** The run's ends that this client was told. */
  readonly terminals: Array<RunTerminal> = []
  /** The server said that it does not know the run. */
  isGone = false
  /** When something new of the run was heard: moments of `performance.now()`. */
  readonly heardAtMs: Array<number> = []

  #state: RunState | undefined

  constructor(conversationId: string, runId: string, by: View) {
    this.conversationId = conversationId
    this.runId = runId
    this.by = by
  }

  get text(): string {
    return textOf(this.#state?.content ?? [])
  }

  get isOver(): boolean {
    return this.#state?.terminal !== undefined && this.#state.terminal !== null
  }

  get status(): string {
    return this.#state?.status ?? "nothing heard"
  }

  /** False: subscribe again, with what there is. */
  receive(frame: RunFrame): boolean {
    switch (frame.type) {
      case "delta": {
        if (this.epoch !== undefined && frame.epoch !== this.epoch) return false
        if (frame.seq <= this.last) return true
        if (frame.seq > this.last + 1) return false
        const [first] = frame.events
        const before = this.#state ?? (first?.type === "run-start" ? initialRunState(first.messageId, first.model) : undefined)
        if (before === undefined) return false
        this.#state = foldRunEvents(before, frame.events)
        this.epoch = frame.epoch
        this.last = frame.seq + frame.count - 1
        for (const event of frame.events) if (isTerminal(event)) this.terminals.push(event)
        this.#hear()
        return true
      }
      case "snapshot":
        if (!this.isOver && frame.state.terminal !== null) this.terminals.push(frame.state.terminal)
        this.#state = frame.state
        this.epoch = frame.epoch
        this.last = frame.seq
        this.#hear()
        return true
      case "closed": {
        const { message } = frame
        if (!this.isOver) this.terminals.push(frame.terminal)
        this.#state = {
          messageId: message.id,
          model: message.model ?? "",
          content: message.content.filter(
            (part) => part.type === "text" || part.type === "reasoning" || part.type === "tool-call"
          ),
          usage: message.usage,
          status: message.status === "streaming" ? "running" : message.status,
          terminal: frame.terminal
        }
        this.#hear()
        return true
      }
      case "gone":
        this.isGone = true
        return true
      case "caught-up":
        return true
    }
  }

  /** The longest time without anything new that ends after `fromMs`. */
  longestSilence(fromMs: number): Silence {
    let longest = { ms: 0, endedAtMs: fromMs, view: this }
    for (let n = 1; n < this.heardAtMs.length; n++) {
      const [before = 0, after = 0] = this.heardAtMs.slice(n - 1, n + 1)
      if (after > fromMs && after - before > longest.ms) longest = { ms: after - before, endedAtMs: after, view: this }
    }
    return longest
  }

  #hear(): void {
    this.heardAtMs.push(performance.now())
  }
}
