/** This browser's database: what waits to be sent, and what was seen last. */
import { keeps } from "./keeping.ts"

const databaseName = "parley"
const version = 1

export type StoreName = "outbox" | "kept"

let opened: Promise<IDBDatabase> | undefined

type Ask<A> = (store: IDBObjectStore) => IDBRequest<A>

export const inStore = async <A>(name: StoreName, mode: IDBTransactionMode, ask: Ask<A>): Promise<A> => {
  if (mode === "readwrite" && !keeps()) throw new Error("whoever was here has signed out")
  return inAnyCase(name, mode, ask)
}

const inAnyCase = async <A>(name: StoreName, mode: IDBTransactionMode, ask: Ask<A>): Promise<A> => {
  opened ??= openDatabase()
  const database = await opened.catch((error: unknown) => {
    opened = undefined
    throw error
  })
  const transaction = database.transaction(name, mode)
  const asked = settled(ask(transaction.objectStore(name)))
  if (mode === "readonly") return asked
  // What was put is there only then: whether there is room is seen at the end.
  const [answer] = await Promise.all([asked, completed(transaction)])
  return answer
}

/** Nothing of whoever was here stays on this device. */
export const emptyDatabase = async (): Promise<void> => {
  await inAnyCase("outbox", "readwrite", (store) => store.clear())
  await inAnyCase("kept", "readwrite", (store) => store.clear())
}

const openDatabase = (): Promise<IDBDatabase> => {
  const request = indexedDB.open(databaseName, version)
  request.addEventListener("upgradeneeded", () => {
    request.result.createObjectStore("outbox", { keyPath: "clientMessageId" })
    request.result.createObjectStore("kept")
  })
  return settled(request)
}

const completed = (transaction: IDBTransaction): Promise<void> =>
  new Promise((resolve, reject) => {
    transaction.addEventListener("complete", () => resolve())
    transaction.addEventListener("abort", () => reject(transaction.error ?? new Error("the database took it back")))
  })

const settled = <A>(request: IDBRequest<A>): Promise<A> =>
  new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result))
    request.addEventListener("error", () => reject(request.error ?? new Error("the database said no")))
  })
