/**
 * Amazon's event-stream framing out of bytes, however the bytes were cut: lengths, headers, a payload, and a checksum of each. An event is told
 * as a server-sent one would be: its type, and its payload as text. What is not of this framing, or too large, is told as an event `:corrupt`
 * whose data says why; nothing is read after it.
 */
import { crc32 } from "node:zlib"
import type { SseEvent } from "../call/Sse.ts"

/** Two lengths and their checksum; and the checksum of the whole message at its end. */
const preludeBytes = 12
const checksumBytes = 4

export const corrupt = ":corrupt"

export class EventStreamFrames {
  readonly #maxFrameBytes: number
  #kept: Buffer = Buffer.alloc(0)
  #isCorrupt = false

  constructor(maxFrameBytes: number) {
    this.#maxFrameBytes = maxFrameBytes
  }

  push(chunk: Uint8Array): ReadonlyArray<SseEvent> {
    if (this.#isCorrupt) return []
    this.#kept = this.#kept.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#kept, chunk])
    const events: Array<SseEvent> = []
    while (this.#kept.length >= preludeBytes) {
      const totalBytes = this.#kept.readUInt32BE(0)
      const headersBytes = this.#kept.readUInt32BE(4)
      const fault = this.#faultOf(totalBytes, headersBytes)
      if (fault !== undefined) return [...events, this.#corrupted(fault)]
      if (this.#kept.length < totalBytes) break
      const frame = this.#kept.subarray(0, totalBytes)
      if (crc32(frame.subarray(0, totalBytes - checksumBytes)) !== frame.readUInt32BE(totalBytes - checksumBytes)) {
        return [...events, this.#corrupted("The checksum of a message is wrong")]
      }
      const headers = headersOf(frame.subarray(preludeBytes, preludeBytes + headersBytes))
      if (headers === undefined) return [...events, this.#corrupted("The headers of a message cannot be read")]
      const data = frame.toString("utf8", preludeBytes + headersBytes, totalBytes - checksumBytes)
      events.push({ event: typeOf(headers), data })
      this.#kept = this.#kept.subarray(totalBytes)
    }
    return events
  }

  #faultOf(totalBytes: number, headersBytes: number): string | undefined {
    if (crc32(this.#kept.subarray(0, preludeBytes - checksumBytes)) !== this.#kept.readUInt32BE(preludeBytes - checksumBytes)) {
      return "The checksum of a message's lengths is wrong"
    }
    if (totalBytes > this.#maxFrameBytes) return `A message of the stream is longer than ${this.#maxFrameBytes} bytes`
    return totalBytes < preludeBytes + headersBytes + checksumBytes ? "The lengths of a message contradict each other" : undefined
  }

  #corrupted(message: string): SseEvent {
    this.#isCorrupt = true
    this.#kept = Buffer.alloc(0)
    return { event: corrupt, data: message }
  }
}

/** `exception:…` for an error that comes as a message. */
const typeOf = (headers: ReadonlyMap<string, string>): string =>
  headers.get(":message-type") === "event"
    ? (headers.get(":event-type") ?? "")
    : `exception:${headers.get(":exception-type") ?? headers.get(":error-code") ?? ""}`

/** Bytes of a value by its type; strings and byte arrays (6, 7) say theirs. */
const fixedBytes: ReadonlyArray<number | undefined> = [0, 0, 1, 2, 4, 8, undefined, undefined, 8, 16]
const stringType = 7

/** The headers that are strings; undefined when they do not fit their length. */
const headersOf = (bytes: Buffer): ReadonlyMap<string, string> | undefined => {
  const headers = new Map<string, string>()
  let at = 0
  while (at < bytes.length) {
    const nameEnd = at + 1 + (bytes[at] ?? 0)
    const type = bytes[nameEnd]
    if (type === undefined || type >= fixedBytes.length) return undefined
    let from = nameEnd + 1
    let length = fixedBytes[type]
    if (length === undefined) {
      if (from + 2 > bytes.length) return undefined
      length = bytes.readUInt16BE(from)
      from += 2
    }
    if (from + length > bytes.length) return undefined
    if (type === stringType) headers.set(bytes.toString("utf8", at + 1, nameEnd), bytes.toString("utf8", from, from + length))
    at = from + length
  }
  return headers
}
