/**
 * Server-sent events out of bytes, however the bytes were cut. A line ends at CR, LF or CRLF, which are single bytes that
 * never occur inside a multi-byte character, so only whole lines are decoded and what is left is kept as bytes.
 * Comments, `id` and `retry` are read over; an event without its empty line at the end of the stream is none (as the
 * standard says), which is what makes a cut visible.
 */
export interface SseEvent {
  /** Empty when the stream gave none. */
  readonly event: string
  readonly data: string
}

const CR = 13
const LF = 10

export class SseLineTooLong extends Error {
  constructor(maxLineBytes: number) {
    super(`A line of the stream is longer than ${maxLineBytes} bytes`)
    this.name = "SseLineTooLong"
  }
}

export class SseDecoder {
  readonly #maxLineBytes: number
  /** The bytes of the line that has not ended yet, in the pieces in which they came. */
  #partial: Array<Uint8Array> = []
  #partialBytes = 0
  #skipLf = false
  #atStart = true
  #event = ""
  #data: string | undefined = undefined

  constructor(maxLineBytes: number) {
    this.#maxLineBytes = maxLineBytes
  }

  /** The events that this chunk completed, in order. Throws `SseLineTooLong`. */
  push(chunk: Uint8Array): ReadonlyArray<SseEvent> {
    let start = 0
    if (this.#skipLf && chunk.length > 0) {
      this.#skipLf = false
      if (chunk[0] === LF) start = 1
    }
    const end = endOfLines(chunk)
    if (end <= start) {
      this.#keep(chunk.subarray(start))
      return []
    }
    const text = this.#partialBytes === 0 ? utf8(chunk, start, end) : this.#join(chunk.subarray(start, end))
    // A CR that ends the chunk may be the first half of a CRLF.
    this.#skipLf = end === chunk.length && chunk[end - 1] === CR
    if (end < chunk.length) this.#keep(chunk.subarray(end))
    return this.#lines(text)
  }

  #keep(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    this.#partialBytes += bytes.length
    if (this.#partialBytes > this.#maxLineBytes) throw new SseLineTooLong(this.#maxLineBytes)
    // A copy: the caller's buffer is a view of the socket's, which lives on only as long as somebody holds it.
    this.#partial.push(Uint8Array.prototype.slice.call(bytes))
  }

  #join(bytes: Uint8Array): string {
    const all = Buffer.concat([...this.#partial, bytes])
    this.#partial = []
    this.#partialBytes = 0
    return utf8(all, 0, all.length)
  }

  /** `text` is whole lines, the last terminator included. */
  #lines(text: string): ReadonlyArray<SseEvent> {
    let rest = text
    if (this.#atStart) {
      this.#atStart = false
      if (rest.charCodeAt(0) === 0xfeff) rest = rest.slice(1)
    }
    if (rest.includes("\r")) rest = rest.replace(/\r\n?/g, "\n")
    const events: Array<SseEvent> = []
    let from = 0
    while (from < rest.length) {
      const to = rest.indexOf("\n", from)
      if (to === from) {
        if (this.#data !== undefined) events.push({ event: this.#event, data: this.#data })
        this.#event = ""
        this.#data = undefined
      } else {
        this.#field(rest, from, to)
      }
      from = to + 1
    }
    return events
  }

  #field(text: string, from: number, to: number): void {
    if (text.startsWith("data:", from)) {
      const value = text.slice(text.charCodeAt(from + 5) === 32 ? from + 6 : from + 5, to)
      this.#data = this.#data === undefined ? value : `${this.#data}\n${value}`
    } else if (text.startsWith("event:", from)) {
      this.#event = text.slice(text.charCodeAt(from + 6) === 32 ? from + 7 : from + 6, to)
    } else if (to - from === 4 && text.startsWith("data", from)) {
      this.#data = this.#data === undefined ? "" : `${this.#data}\n`
    }
  }
}

/** Where the last whole line ends; 0 when none does. Chunks mostly end with an event. */
const endOfLines = (chunk: Uint8Array): number =>
  chunk[chunk.length - 1] === LF ? chunk.length : Math.max(chunk.lastIndexOf(LF), chunk.lastIndexOf(CR)) + 1

const utf8 = (bytes: Uint8Array, start: number, end: number): string =>
  Buffer.isBuffer(bytes)
    ? bytes.toString("utf8", start, end)
    : Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("utf8")
