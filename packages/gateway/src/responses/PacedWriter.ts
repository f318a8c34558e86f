/**
 * Texts of any length into a pushed answer, whose buffer is bounded: OpenAI's events tell a long answer several times over in one go. What does not
 * fit waits here, at most one read of the provider's and the end, since the provider is held back meanwhile.
 */
import { Effect } from "effect"
import type { PushWriter } from "../server/PushResponse.ts"

/** Characters of a piece: three bytes each at most, far below what the buffer takes. */
export const pieceLength = 32_768

export interface PacedWriter {
  /** False: something waits; stop until `onDrain`. */
  readonly write: (text: string) => boolean
  /** One slot, the last wins: called once nothing waits any more and the client has caught up. */
  readonly onDrain: (callback: () => void) => void
  /** Nothing when something waits: it must not get into the middle of an event. */
  readonly writeBetween: (text: string) => void
  /** Until all has been taken by the buffer. */
  readonly flushed: Effect.Effect<void>
}

export const makePacedWriter = (writer: PushWriter): PacedWriter => {
  /** What does not fit now; its first `taken` characters have gone out. */
  let waiting = ""
  let taken = 0
  let drained = () => {}
  let flushed = () => {}

  const pump = (): boolean => {
    while (taken < waiting.length) {
      const end = endOfPiece(waiting, taken)
      const piece = waiting.slice(taken, end)
      taken = end
      if (!writer.write(piece)) return false
    }
    waiting = ""
    taken = 0
    flushed()
    return true
  }

  const onDrain = () => {
    if (pump()) drained()
  }

  return {
    write: (text) => {
      if (waiting === "" && text.length <= pieceLength) {
        if (writer.write(text)) return true
        writer.onDrain(onDrain)
        return false
      }
      waiting += text
      writer.onDrain(onDrain)
      return waiting.length > text.length ? false : pump()
    },
    onDrain: (callback) => {
      drained = callback
    },
    writeBetween: (text) => {
      if (waiting === "") writer.write(text)
    },
    flushed: Effect.callback((resume) => {
      if (waiting === "") resume(Effect.void)
      else flushed = () => resume(Effect.void)
    })
  }
}

/** Not between the halves of a character. */
const endOfPiece = (text: string, start: number): number => {
  const end = start + pieceLength
  if (end >= text.length) return text.length
  const last = text.charCodeAt(end - 1)
  return last >= 0xd800 && last <= 0xdbff ? end - 1 : end
}
