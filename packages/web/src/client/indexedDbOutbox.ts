/** The outbox in this browser's database: what was written waits there over reloads, also without a network. */
import { inStore, whenOpensLate } from "./database.ts"
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
    load: () => inStore<Array<OutboxItem>>("outbox", "readonly", (store) => store.getAll()),
    put: async (item) => {
      try {
        await inStore("outbox", "readwrite", (store) => store.put(item))
      } catch (cause) {
        throw new ParleyOutboxError("storage-full", "the message could not be kept on this device", { cause })
      }
      changed()
    },
    remove: async (clientMessageId) => {
      await inStore("outbox", "readwrite", (store) => store.delete(clientMessageId))
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
export const unsent = (): Promise<number> => inStore<number>("outbox", "readonly", (store) => store.count()).catch(() => 0)
