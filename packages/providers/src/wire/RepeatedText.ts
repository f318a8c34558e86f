/**
 * The chunks of a streamed answer differ from each other in their text alone, most of the time. Once one was parsed and found to be
 * nothing but a piece of text, the next that is the same before and after its text needs no parsing: what stands between is its text.
 *
 * Why that is sound: a raw `"key":"` cannot occur inside a JSON string, where quotes are escaped, so the one occurrence in
 * the chunk is the key, and what follows up to the next quote is its value. Another value without quotes, backslashes and control characters makes
 * another valid chunk of the same shape. And steps are pure: for the same state and the same chunk but for its text, the
 * step is the same but for its text.
 */
import type { ModelEvent } from "@parley/domain/ModelEvent"
import type { SseEvent } from "../call/Sse.ts"

/** What JSON writes with a backslash, and the quote. */
// oxlint-disable-next-line no-control-regex
const escaped = /["\\\u0000-\u001f]/

export class RepeatedText {
  /** As it stands in the wire's chunks of text: `"key":"`. */
  readonly #key: string
  #event = ""
  #before = ""
  #after = ""
  #state: unknown = undefined

  constructor(key: string) {
    this.#key = key
  }

  /** The text of a chunk that is the last one learned but for it, or undefined: then it must be parsed. */
  read(state: unknown, { data, event }: SseEvent): string | undefined {
    if (state !== this.#state || event !== this.#event) return undefined
    const from = this.#before.length
    const to = data.length - this.#after.length
    if (from === 0 || to <= from || !data.startsWith(this.#before) || !data.endsWith(this.#after)) return undefined
    const text = data.slice(from, to)
    return escaped.test(text) ? undefined : text
  }

  /** After a step that left the state as it was and said `events`. */
  learn(state: unknown, { data, event }: SseEvent, events: ReadonlyArray<ModelEvent>): void {
    const only = events.length === 1 ? events[0] : undefined
    if (only?.type !== "text-delta") return
    const at = data.indexOf(this.#key)
    const from = at + this.#key.length
    if (at < 0 || data.includes(this.#key, from) || !data.startsWith(`${only.text}"`, from) || escaped.test(only.text)) return
    this.#state = state
    this.#event = event
    this.#before = data.slice(0, from)
    this.#after = data.slice(from + only.text.length)
  }
}
