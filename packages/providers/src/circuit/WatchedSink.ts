/** A sink that notes when its provider began to speak, and tells who speaks. What the caller's own sink throws is kept apart from the provider's faults. */
import type { Clock } from "effect"
import type { ModelEvent } from "@parley/domain/ModelEvent"
import type { ModelSink, StreamControl } from "@parley/domain/ModelProvider"

/** The caller's sink threw. It ends that call and is nobody else's concern. */
export class SinkDefect {
  readonly cause: unknown

  constructor(cause: unknown) {
    this.cause = cause
  }
}

export class WatchedSink {
  /** When the first token came; -1: not yet. */
  spokeMs = -1
  /** Asked for every token, beside the others that are: a time is an object of its own, which would have to be fetched. */
  #hasSpoken = false
  readonly #inner: ModelSink
  readonly #target: string
  #clock: Clock.Clock | undefined
  #control: StreamControl | undefined

  constructor(inner: ModelSink, target: string) {
    this.#inner = inner
    this.#target = target
  }

  begin(clock: Clock.Clock): void {
    this.#clock = clock
  }

  readonly sink: ModelSink = (events, control) => {
    if (!this.#hasSpoken && events.some(isSpoken)) {
      this.#hasSpoken = true
      this.spokeMs = this.#clock?.currentTimeMillisUnsafe() ?? -1
    }
    this.#control ??= { pause: control.pause, resume: control.resume, target: this.#target }
    try {
      this.#inner(events, this.#control)
    } catch (cause) {
      throw new SinkDefect(cause)
    }
  }
}

/** Something of the answer itself. */
export const isSpoken = (event: ModelEvent): boolean => {
  switch (event.type) {
    case "text-delta":
    case "reasoning-delta":
      return event.text !== ""
    case "tool-call-delta":
    case "tool-call":
      return true
    case "usage":
    case "finish":
    case "provider-switch":
      return false
  }
}

/** By what is not told to anybody, nobody wins. */
export const isDecisive = (event: ModelEvent): boolean => isSpoken(event) || event.type === "finish"
