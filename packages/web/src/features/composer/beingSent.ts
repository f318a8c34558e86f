/** Drafts whose message is on its way, until it is taken or refused: with files that takes a while, in which one may go and come back to its conversation. */
import { useCallback, useSyncExternalStore } from "react"
import { Value } from "../../client/Value.ts"

/** With files it is seen that it is on its way; without, it is gone with the next frame. */
type Sending = "files" | "text"

const beingSent = new Value<ReadonlyMap<string, Sending>>(new Map())

export const isBeingSent = (draftId: string): boolean => beingSent.getSnapshot().has(draftId)

/** To be called once the message is taken or refused. */
export const beginSending = (draftId: string, sending: Sending): (() => void) => {
  beingSent.update((before) => new Map(before).set(draftId, sending))
  return () => beingSent.update((before) => new Map([...before].filter(([id]) => id !== draftId)))
}

/** Whether files of the draft are on their way, whichever box they were sent from. */
export const useSendsFiles = (draftId: string): boolean =>
  useSyncExternalStore(
    beingSent.subscribe,
    useCallback(() => beingSent.getSnapshot().get(draftId) === "files", [draftId])
  )
