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

/** Push, then ask for the next event until there is none. */
export class SseDecoder {
  readonly #maxLineBytes: number
  /** The bytes of the line that has not ended yet, in the pieces in which they came. */
  #partial: Array<Uint8Array> = []
  #partialBytes = 0
  #skipLf = false
  #atStart = true
  #event = ""
  #data: string | undefined = undefined
  /** Where the event that is being read began in `text`; -1 when it began before. */
  #began = 0
  #lastBegan = -1
  /** Whole lines, each ended by a line feed. */
  text = ""
  /** Of the first line that has not been read. */
  position = 0

  constructor(maxLineBytes: number) {
    this.#maxLineBytes = maxLineBytes
  }

  /** Throws `SseLineTooLong`. The chunk's bytes are not needed any more when it returns. */
  push(chunk: Uint8Array): void {
    this.text = ""
    this.position = 0
    let start = 0
    if (this.#skipLf && chunk.length > 0) {
      this.#skipLf = false
      if (chunk[0] === LF) start = 1
    }
    const end = endOfLines(chunk)
    if (end <= start) return this.#keep(chunk.subarray(start))
    const text = this.#partialBytes === 0 ? utf8(chunk, start, end) : this.#join(chunk.subarray(start, end))
    // A CR that ends the chunk may be the first half of a CRLF.
    this.#skipLf = end === chunk.length && chunk[end - 1] === CR
    if (end < chunk.length) this.#keep(chunk.subarray(end))
    this.#begin(text)
  }

  /** The next event that is whole, in order. */
  next(): SseEvent | undefined {
    const { text } = this
    while (this.position < text.length) {
      const from = this.position
      const to = text.indexOf("\n", from)
      this.position = to + 1
      if (to !== from) {
        this.#field(text, from, to)
        continue
      }
      const event = this.#event
      const data = this.#data
      this.#lastBegan = this.#began
      this.#began = this.position
      this.#event = ""
      this.#data = undefined
      if (data !== undefined) return { event, data }
    }
    return undefined
  }

  /** Nothing of the next event has been read. */
  get isBetweenEvents(): boolean {
    return this.#began === this.position
  }

  /** The lines of the event that was given last; empty when it began in an earlier chunk. */
  get lastLines(): string {
    return this.#lastBegan < 0 ? "" : this.text.slice(this.#lastBegan, this.position)
  }

  /** Reads on from behind the whole events up to there. */
  skipTo(position: number): void {
    this.position = position
    this.#began = position
  }

  #keep(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    this.#partialBytes += bytes.length
    if (this.#partialBytes > this.#maxLineBytes) throw new SseLineTooLong(this.#maxLineBytes)
    this.#partial.push(Uint8Array.prototype.slice.call(bytes))
  }

  #join(bytes: Uint8Array): string {
    const all = Buffer.concat([...this.#partial, bytes])
    this.#partial = []
    this.#partialBytes = 0
    return utf8(all, 0, all.length)
  }

  #begin(text: string): void {
    let rest = text
    if (this.#atStart) {
      this.#atStart = false
      if (rest.charCodeAt(0) === 0xfeff) rest = rest.slice(1)
    }
    this.text = rest.includes("\r") ? rest.replace(/\r\n?/g, "\n") : rest
    this.#began = this.#data === undefined && this.#event === "" ? 0 : -1
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
