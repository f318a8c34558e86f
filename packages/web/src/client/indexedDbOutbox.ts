/** The outbox in this browser's database: what was written waits there over reloads, also without a network. */
import { inStore, whenOpensLate } from "./database.ts"
import { keeps } from "./keeping.ts"
import { leftNotes, noteChange, withNotes, type Note } from "./outboxNotes.ts"
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
  return {
    load: () => keptItems(changed),
    put: async (item) => {
      const { done, undo } = noteChange(item.clientMessageId, item)
      try {
        await inStore("outbox", "readwrite", (store) => store.put(item))
      } catch (cause) {
        undo()
        throw new ParleyOutboxError("storage-full", "the message could not be kept on this device", { cause })
      }
      done()
      changed()
    },
    remove: async (clientMessageId) => {
      // Where that fails nothing is there to be removed, or it is as it was before.
      const { done } = noteChange(clientMessageId)
      await inStore("outbox", "readwrite", (store) => store.delete(clientMessageId)).finally(done)
      changed()
    },
    look,
    watch: (told) => {
      tabs.addEventListener("message", told)
      return () => tabs.close()
    }
  }
}

/** How many messages wait here; none where nothing can be kept. */
export const unsent = async (): Promise<number> => (await keptItems().catch(() => [])).length

/** All that waits, also what a page that has gone noted and the database does not have: it is given that, which is told. */
export const keptItems = async (told = (): void => {}): Promise<ReadonlyArray<OutboxItem>> => {
  if (leftNotes().length > 0) {
    try {
      const items = await withNotesCarriedOut()
      told()
      return items
    } catch {
      // The database takes nothing now: the notes stay.
    }
  }
  const items = await inStore<Array<OutboxItem>>("outbox", "readonly", (store) => store.getAll())
  return withNotes(items, leftNotes())
}

/** In one transaction: what other tabs asked for before has been done when the notes are read, and what they ask for later comes after. */
const withNotesCarriedOut = async (): Promise<ReadonlyArray<OutboxItem>> => {
  let notes: ReadonlyArray<Note> = []
  const items = await inStore<Array<OutboxItem>>("outbox", "readwrite", (store) => {
    const all = store.getAll()
    all.addEventListener("success", () => {
      if (!keeps()) return
      notes = leftNotes()
      for (const { clientMessageId, item } of notes) {
        if (item === undefined) store.delete(clientMessageId)
        else store.put(item)
      }
    })
    return all
  })
  for (const { done } of notes) done()
  return withNotes(items, notes)
}
