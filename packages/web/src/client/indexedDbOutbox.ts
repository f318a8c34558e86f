/** The outbox in this browser's database: what was written waits there over reloads, also without a network. */
import { inStore, whenOpensLate } from "./database.ts"
import { leftNotes, noteChange, withNotes, type Left } from "./outboxNotes.ts"
import { ParleyOutboxError, type OutboxItem, type OutboxStorage } from "./sdk.ts"

export interface SharedOutbox extends OutboxStorage {
  /** Whoever watches looks again: something was found to have changed that nobody told. */
  readonly look: () => void
}

export const indexedDbOutbox = (): SharedOutbox => {
  const tabs = new BroadcastChannel("parley.outbox")
  const changed = (): void => tabs.postMessage(null)
  const look = (): void => void tabs.dispatchEvent(new MessageEvent("message"))
  whenOpensLate(look)
  // Of pages that went before the database had it.
  const left = leftNotes()
  return {
    load: async () => {
      await carryOut(left.splice(0))
      return kept()
    },
    put: async (item) => {
      const done = noteChange(item.clientMessageId, item)
      try {
        await inStore("outbox", "readwrite", (store) => store.put(item))
      } catch (cause) {
        throw new ParleyOutboxError("storage-full", "the message could not be kept on this device", { cause })
      } finally {
        done()
      }
      changed()
    },
    remove: async (clientMessageId) => {
      const done = noteChange(clientMessageId)
      // Where that fails the note stays: the next page removes it.
      await inStore("outbox", "readwrite", (store) => store.delete(clientMessageId))
      done()
      changed()
    },
    look,
    watch: (told) => {
      tabs.addEventListener("message", told)
      return () => tabs.close()
    }
  }
}

/** What was noted since in another way stays as it was noted then. What fails is tried again by the next page, and counts as carried out until then. */
const carryOut = async (notes: ReadonlyArray<Left>): Promise<void> => {
  for (const { clientMessageId, done, isNewest, item } of notes) {
    if (!isNewest()) continue
    try {
      if (item === undefined) await inStore("outbox", "readwrite", (store) => store.delete(clientMessageId))
      else await inStore("outbox", "readwrite", (store) => store.put(item))
      done()
    } catch {
      // As said above.
    }
  }
}

/** How many messages wait here; none where nothing can be kept. */
export const unsent = async (): Promise<number> => (await kept().catch(() => [])).length

const kept = async (): Promise<ReadonlyArray<OutboxItem>> => {
  const items = await inStore<Array<OutboxItem>>("outbox", "readonly", (store) => store.getAll())
  return withNotes(items, leftNotes())
}
