/** The outbox in this browser's database: what was written waits there over reloads, also without a network. */
import { ParleyOutboxError, type OutboxItem, type OutboxStorage } from "./sdk.ts"

const databaseName = "parley"
const storeName = "outbox"

export const indexedDbOutbox = (): OutboxStorage => {
  let opened: Promise<IDBDatabase> | undefined
  const run = async <A>(mode: IDBTransactionMode, ask: (store: IDBObjectStore) => IDBRequest<A>): Promise<A> => {
    opened ??= openDatabase()
    const database = await opened.catch((error: unknown) => {
      opened = undefined
      throw error
    })
    return settled(ask(database.transaction(storeName, mode).objectStore(storeName)))
  }
  return {
    load: async (): Promise<ReadonlyArray<OutboxItem>> => run<Array<OutboxItem>>("readonly", (store) => store.getAll()),
    put: async (item) => {
      try {
        await run("readwrite", (store) => store.put(item))
      } catch (cause) {
        throw new ParleyOutboxError("storage-full", "the message could not be kept on this device", { cause })
      }
    },
    remove: async (clientMessageId) => void (await run("readwrite", (store) => store.delete(clientMessageId)))
  }
}

const openDatabase = (): Promise<IDBDatabase> => {
  const request = indexedDB.open(databaseName, 1)
  request.addEventListener(
    "upgradeneeded",
    () => void request.result.createObjectStore(storeName, { keyPath: "clientMessageId" })
  )
  return settled(request)
}

const settled = <A>(request: IDBRequest<A>): Promise<A> =>
  new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result))
    request.addEventListener("error", () => reject(request.error ?? new Error("the database said no")))
  })
