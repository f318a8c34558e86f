/** What a run has said since its last flush: joined where that says the same, and in text that can be stored. Synchronous. */
import type { RunEvent } from "@parley/domain/RunEvent"
import { storableText } from "../storage/conversations/rows.ts"
import type { FrameEvents } from "./RunTape.ts"

const firstHighSurrogate = 0xd800
const lastHighSurrogate = 0xdbff

export class PendingEvents {
  /** In order: `events`, then `lastText` as one text delta. */
  private events: Array<RunEvent> = []
  private lastText = ""

  get isEmpty(): boolean {
    return this.lastText === "" && this.events.length === 0
  }

  /** Of the text after the last event, in UTF-16 code units. */
  get textLength(): number {
    return this.lastText.length
  }

  appendText(text: string): void {
    this.lastText += text
  }

  append(event: RunEvent): void {
    this.settleText(false)
    const next = storable(event)
    const last = this.events[this.events.length - 1]
    const joined = last === undefined ? undefined : join(last, next)
    if (joined === undefined) this.events.push(next)
    else this.events[this.events.length - 1] = joined
  }

  /** Everything, as one frame; undefined when there is nothing. `mayHold`: half a character waits for its other half. */
  take(mayHold: boolean): FrameEvents | undefined {
    if (this.events.length === 0) {
      const text = this.takeText(mayHold)
      return text === "" ? undefined : text
    }
    this.settleText(mayHold)
    const { events } = this
    this.events = []
    return events
  }

  private settleText(mayHold: boolean): void {
    const text = this.takeText(mayHold)
    if (text !== "") this.events.push({ type: "text-delta", text })
  }

  private takeText(mayHold: boolean): string {
    const text = this.lastText
    if (text === "") return ""
    const last = text.charCodeAt(text.length - 1)
    if (!mayHold || last < firstHighSurrogate || last > lastHighSurrogate) {
      this.lastText = ""
      return storableText(text)
    }
    this.lastText = text.slice(-1)
    return storableText(text.slice(0, -1))
  }
}

/** One event for two that say the same as both; undefined when they must stay apart. */
const join = (last: RunEvent, next: RunEvent): RunEvent | undefined => {
  if (last.type === "reasoning-delta" && next.type === "reasoning-delta" && last.signature === undefined) {
    return { ...next, text: last.text + next.text }
  }
  if (
    last.type === "tool-call-delta" &&
    next.type === "tool-call-delta" &&
    last.index === next.index &&
    next.id === undefined &&
    next.name === undefined
  ) {
    return { ...last, arguments: last.arguments + next.arguments }
  }
  return undefined
}

/** What is told must be what will be read: the event in text that can be stored. */
const storable = (event: RunEvent): RunEvent => {
  switch (event.type) {
    case "reasoning-delta":
      return { ...event, text: storableText(event.text) }
    case "tool-call":
    case "tool-call-delta":
      return { ...event, arguments: storableText(event.arguments) }
    case "run-fail":
      return { ...event, message: storableText(event.message) }
    case "run-start":
    case "text-delta":
    case "tool-result":
    case "provider-switch":
    case "usage":
    case "run-complete":
    case "run-cancel":
      return event
  }
}
