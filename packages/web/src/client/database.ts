/** This browser's database: what waits to be sent, and what was seen last. */
import { keeps } from "./keeping.ts"

const databaseName = "parley"
const version = 1

export type StoreName = "outbox" | "kept"

/**
 * Longest that opening it is waited for, in milliseconds. Browsers know states in which it neither opens nor refuses to, until they are started anew:
 * the app does without it then, as where there is no room, until it opens.
 */
const openTimeoutMs = 5_000

/** What is there cannot be reached, nor removed: this browser's database says nothing. */
export class DatabaseSilentError extends Error {
  override readonly name = "DatabaseSilentError"
}

let opened: Promise<IDBDatabase> | undefined
let isSilent = false

type Ask<A> = (store: IDBObjectStore) => IDBRequest<A>

export const inStore = async <A>(name: StoreName, mode: IDBTransactionMode, ask: Ask<A>): Promise<A> => {
  if (mode === "readwrite" && !keeps()) throw new Error("whoever was here has signed out")
  return inAnyCase(name, mode, ask)
}

const inAnyCase = async <A>(name: StoreName, mode: IDBTransactionMode, ask: Ask<A>): Promise<A> => {
  const transaction = await begin(name, mode)
  const asked = settled(ask(transaction.objectStore(name)))
  if (mode === "readonly") return asked
  // What was put is there only then: whether there is room is seen at the end.
  const [answer] = await Promise.all([asked, completed(transaction)])
  return answer
}

const begin = async (name: StoreName, mode: IDBTransactionMode): Promise<IDBTransaction> => {
  try {
    return (await openedInTime()).transaction(name, mode)
  } catch (error) {
    // The browser closed it in between, and has said so meanwhile or will.
    if (!(error instanceof DOMException && error.name === "InvalidStateError")) throw error
    opened = undefined
    return (await openedInTime()).transaction(name, mode)
  }
}

const openedInTime = async (): Promise<IDBDatabase> => {
  const opening = (opened ??= openDatabase())
  const silent = () => new DatabaseSilentError(`the database did not open within ${openTimeoutMs} ms`)
  if (isSilent) throw silent()
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      isSilent = true
      reject(silent())
    }, openTimeoutMs)
  })
  try {
    return await Promise.race([opening, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Nothing of whoever was here stays on this device. */
export const emptyDatabase = async (): Promise<void> => {
  await inAnyCase("outbox", "readwrite", (store) => store.clear())
  await inAnyCase("kept", "readwrite", (store) => store.clear())
}

const openDatabase = async (): Promise<IDBDatabase> => {
  const request = indexedDB.open(databaseName, version)
  request.addEventListener("upgradeneeded", () => {
    request.result.createObjectStore("outbox", { keyPath: "clientMessageId" })
    request.result.createObjectStore("kept")
  })
  const openAgain = () => {
    opened = undefined
  }
  try {
    const database = await settled(request)
    // The browser closes it where somebody empties it, and where a phone takes it from a page in the background.
    database.addEventListener("close", openAgain)
    return database
  } catch (error) {
    openAgain()
    throw error
  } finally {
    isSilent = false
  }
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
