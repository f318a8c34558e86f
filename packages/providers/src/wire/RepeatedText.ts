/**
 * The chunks of a streamed answer differ from each other in their text alone, most of the time. Once one was parsed and found to be
 * nothing but a piece of text, those that follow it and are the same before and after their text need no parsing: what stands between is the
 * text, as JSON writes it. One read of the socket may hold hundreds of them, which are taken together.
 *
 * Why that is sound: a raw `"key":"` cannot occur inside a JSON string, where quotes are escaped, so the one occurrence in
 * the chunk is the key, and what follows up to the next quote that is not escaped is its value. Another value that JSON reads as one string makes
 * another valid chunk of the same shape. And steps are pure: for the same state and the same chunk but for its text, the
 * step is the same but for its text. An empty text is left to the step, to which it may be nothing at all.
 */
import type { ModelEvent } from "@parley/domain/ModelEvent"
import type { SseDecoder, SseEvent } from "../call/Sse.ts"

/** What JSON writes with a backslash, and the quote. */
// oxlint-disable-next-line no-control-regex
const escaped = /["\\\u0000-\u001f]/
const backslash = 92

export class RepeatedText {
  /** As it stands in the wire's chunks of text: `"key":"`. */
  readonly #key: string
  /** The lines of the event learned, before and after its text. */
  #before = ""
  #after = ""
  /** What stands between the texts of two such events in a row. */
  #between = ""
  #state: unknown = undefined

  constructor(key: string) {
    this.#key = key
  }

  /** The texts of the events from here on that are the last one learned but for it. The decoder goes on behind them. */
  read(state: unknown, sse: SseDecoder): ReadonlyArray<string> {
    if (state !== this.#state || this.#before === "" || !sse.isBetweenEvents) return none
    const before = this.#before
    const { position, text } = sse
    // `slice` and compare: several times quicker than `startsWith`.
    if (text.slice(position, position + before.length) !== before) return none
    const texts: Array<string> = []
    let at = position + before.length
    /** The text that `at` begins is the last that may follow. */
    let isLast = false
    while (!isLast) {
      const end = endOfString(text, at)
      if (end <= at) break
      isLast = text.slice(end, end + this.#between.length) !== this.#between
      if (isLast && text.slice(end, end + this.#after.length) !== this.#after) break
      const value = unescaped(text.slice(at, end))
      if (value === undefined) break
      texts.push(value)
      at = end + this.#between.length
    }
    if (texts.length === 0) return none
    // Both lead to the beginning of the event that comes next.
    sse.skipTo(at - before.length)
    return texts
  }

  /** After a step that left the state as it was and said `events`. */
  learn(state: unknown, event: SseEvent, lines: string, events: ReadonlyArray<ModelEvent>): void {
    const only = events.length === 1 ? events[0] : undefined
    if (only?.type !== "text-delta" || only.text === "" || !isPlain(lines, event)) return
    const at = lines.indexOf(this.#key)
    const from = at + this.#key.length
    if (at < 0 || lines.includes(this.#key, from) || !lines.startsWith(`${only.text}"`, from) || escaped.test(only.text)) return
    this.#state = state
    this.#before = lines.slice(0, from)
    this.#after = lines.slice(from + only.text.length)
    this.#between = this.#after + this.#before
  }
}

const none: ReadonlyArray<string> = []

/** The event's name if it has one, its data in one line, and nothing else: a comment could hold the key too. */
const isPlain = (lines: string, { data, event }: SseEvent): boolean => {
  const named = event === "" ? [""] : [`event: ${event}\n`, `event:${event}\n`]
  return named.some((name) => lines === `${name}data: ${data}\n\n` || lines === `${name}data:${data}\n\n`)
}

/** Where the string that begins at `from` has its closing quote; -1 when it has none. */
const endOfString = (text: string, from: number): number => {
  let end = text.indexOf('"', from)
  while (end > from && text.charCodeAt(end - 1) === backslash) {
    let first = end - 1
    while (first > from && text.charCodeAt(first - 1) === backslash) first--
    if ((end - first) % 2 === 0) return end
    end = text.indexOf('"', end + 1)
  }
  return end
}

/** Undefined when it is no string of JSON's. */
const unescaped = (text: string): string | undefined => {
  if (!escaped.test(text)) return text
  try {
    const value: unknown = JSON.parse(`"${text}"`)
    return typeof value === "string" ? value : undefined
  } catch {
    return undefined
  }
}
