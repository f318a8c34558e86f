/** Brings what waits here to what is kept, which an earlier page has left and other clients may share. */
import { ParleyConnectionError } from "../ParleyConnectionError.ts"
import type { Lanes } from "./Lanes.ts"
import type { OutboxItem } from "./OutboxStorage.ts"
import { Sending } from "./Sending.ts"

export interface Reconciled {
  /** How many more wait than before. */
  readonly more: number
  /** Conversations in which something waits or did; true where nothing of it is to be made here any more. */
  readonly changed: ReadonlyMap<string, boolean>
}

/** What is in the lanes and in the storage; to be taken before `kept` is read. */
export type Known = ReadonlyArray<readonly [Sending, OutboxItem]>

export const knownIn = (lanes: Lanes): Known => lanes.all.flatMap((one) => (one.isKept ? [[one, one.item] as const] : []))

/** `takesUp`: what is only in the storage comes into the lanes. */
export const reconcile = (lanes: Lanes, known: Known, kept: ReadonlyArray<OutboxItem>, takesUp: boolean): Reconciled => {
  const changed = new Map<string, boolean>()
  let more = 0
  for (const [sending, item] of known) {
    // What is under way has its own answer, and what was changed here since is newer than what was read.
    if ((sending.status !== "waiting" && sending.status !== "failed") || sending.item !== item || !lanes.has(sending)) continue
    const { clientMessageId, conversationId } = item
    const wasToBegin = lanes.beginning(conversationId) !== undefined
    const now = kept.find((other) => other.clientMessageId === clientMessageId)
    if (now !== undefined) sending.item = now
    else {
      more--
      lanes.remove(sending)
      sending.to("failed", new ParleyConnectionError("closed", "another client sent or discarded it"))
    }
    const isBegun = wasToBegin && lanes.beginning(conversationId) === undefined
    changed.set(conversationId, isBegun || changed.get(conversationId) === true)
  }
  if (takesUp) {
    for (const item of [...kept].sort((a, b) => a.createdAtMs - b.createdAtMs || a.order - b.order)) {
      const sending = new Sending(item, "waiting")
      if (!lanes.insert(sending)) continue
      sending.isKept = true
      // Whoever left it may have said it: the answer that is being written may be the one to it.
      sending.isUnsure = true
      more++
      changed.set(item.conversationId, changed.get(item.conversationId) === true)
    }
  }
  return { more, changed }
}
