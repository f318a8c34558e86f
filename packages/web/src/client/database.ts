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

/** It neither opens nor refuses to. */
export class DatabaseSilentError extends Error {
  override readonly name = "DatabaseSilentError"
}

let opened: Promise<IDBDatabase> | undefined
let isSilent = false
const opensLate = new Set<() => void>()

/** Calls back each time that it opens after it was given up. */
export const whenOpensLate = (listener: () => void): void => void opensLate.add(listener)

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

/** Nothing of whoever was here stays on this device. Rejects where something may. */
export const emptyDatabase = async (): Promise<void> => {
  try {
    await inAnyCase("outbox", "readwrite", (store) => store.clear())
    await inAnyCase("kept", "readwrite", (store) => store.clear())
  } catch (error) {
    // Where a page may have none there is nothing in it.
    if (typeof indexedDB !== "undefined" && !isNamed(error, "SecurityError")) throw error
  }
}

const begin = async (name: StoreName, mode: IDBTransactionMode): Promise<IDBTransaction> => {
  const first = open()
  try {
    return (await inTime(first)).transaction(name, mode)
  } catch (error) {
    // The browser has closed it, and tells that later or not at all.
    if (!isNamed(error, "InvalidStateError")) throw error
    forget(first)
    return (await inTime(open())).transaction(name, mode)
  }
}

const open = (): Promise<IDBDatabase> => (opened ??= openAnew())

/** Another one that was opened since stays. */
const forget = (one: Promise<IDBDatabase>): void => {
  if (opened === one) opened = undefined
}

const openAnew = (): Promise<IDBDatabase> => {
  const opening = openDatabase()
  const isOver = () => forget(opening)
  opening.then(
    (database) => {
      const wasSilent = isSilent
      isSilent = false
      // The browser closes it where somebody empties it, and where a phone takes it from a page in the background.
      database.addEventListener("close", isOver)
      if (wasSilent) for (const listener of opensLate) listener()
    },
    () => {
      isSilent = false
      isOver()
    }
  )
  return opening
}

const openDatabase = async (): Promise<IDBDatabase> => {
  const request = indexedDB.open(databaseName, version)
  request.addEventListener("upgradeneeded", () => {
    request.result.createObjectStore("outbox", { keyPath: "clientMessageId" })
    request.result.createObjectStore("kept")
  })
  return settled(request)
}

const inTime = async (opening: Promise<IDBDatabase>): Promise<IDBDatabase> => {
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

const isNamed = (error: unknown, name: string): boolean => error instanceof DOMException && error.name === name

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
