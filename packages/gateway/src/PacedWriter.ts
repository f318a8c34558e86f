/**
 * Texts of any length into a pushed answer, whose buffer is bounded: some events tell a long answer several times over in one go. What does not
 * fit waits here, at most one read of the provider's and the end, since the provider is held back meanwhile.
 */
import { Effect } from "effect"
import type { PushWriter } from "./server/PushResponse.ts"

/** Characters of a piece: three bytes each at most, far below what the buffer takes. */
export const pieceLength = 32_768

export class PacedWriter {
  readonly #writer: PushWriter
  /** What does not fit now; its first `#taken` characters have gone out. */
  #waiting = ""
  #taken = 0
  #drained = (): void => {}
  #flushed = (): void => {}

  constructor(writer: PushWriter) {
    this.#writer = writer
  }

  /** False: something waits; stop until `onDrain`. */
  write(text: string): boolean {
    if (this.#waiting === "" && text.length <= pieceLength) {
      if (this.#writer.write(text)) return true
      this.#pumpOnDrain()
      return false
    }
    this.#waiting += text
    this.#pumpOnDrain()
    return this.#waiting.length > text.length ? false : this.#pump()
  }

  /** One slot, the last wins: called once nothing waits any more and the client has caught up. */
  onDrain(callback: () => void): void {
    this.#drained = callback
  }

  /** Nothing when something waits: it must not get into the middle of an event. */
  writeBetween(text: string): void {
    if (this.#waiting === "") this.#writer.write(text)
  }

  /** Until all has been taken by the buffer. */
  get flushed(): Effect.Effect<void> {
    if (this.#waiting === "") return Effect.void
    return Effect.callback((resume) => {
      if (this.#waiting === "") resume(Effect.void)
      else this.#flushed = () => resume(Effect.void)
    })
  }

  #pumpOnDrain(): void {
    this.#writer.onDrain(() => {
      if (this.#pump()) this.#drained()
    })
  }

  #pump(): boolean {
    while (this.#taken < this.#waiting.length) {
      const end = endOfPiece(this.#waiting, this.#taken)
      const piece = this.#waiting.slice(this.#taken, end)
      this.#taken = end
      if (!this.#writer.write(piece)) return false
    }
    this.#waiting = ""
    this.#taken = 0
    this.#flushed()
    return true
  }
}

/** Not between the halves of a character. */
const endOfPiece = (text: string, start: number): number => {
  const end = start + pieceLength
  if (end >= text.length) return text.length
  const last = text.charCodeAt(end - 1)
  return last >= 0xd800 && last <= 0xdbff ? end - 1 : end
}
