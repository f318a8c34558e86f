/**
 * What is about to change in the outbox, in this browser's storage, which takes it down at once: the database takes its time where the disk is busy or
 * another tab writes, and drops what it has not begun when the page goes. What was sent is not lost thereby, nor what was discarded sent.
 */
import { keeps } from "./keeping.ts"
import type { OutboxItem } from "./sdk.ts"

const prefix = "parley.outbox."
/** Longer ones wait for the database alone, in UTF-16 code units: there is room for a few million in all. */
const maxLength = 500_000

/** As it is written down: without an item, one that leaves. */
interface Written {
  /** Tells it from others of the same content. */
  readonly by: string
  readonly item?: OutboxItem
}

export interface Note {
  readonly clientMessageId: string
  /** Undefined: it leaves. */
  readonly item: OutboxItem | undefined
  /** The database has it: the note goes, unless there is a newer one. */
  readonly done: () => void
}

/** What became of a change in the database. */
export interface Noted {
  readonly done: () => void
  /** It could not be made: what was noted before holds again. */
  readonly undo: () => void
}

const page = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`
let last = 0

export const noteChange = (clientMessageId: string, item?: OutboxItem): Noted => {
  const key = prefix + clientMessageId
  const before = read(key)
  const written: Written = { by: `${page} ${++last}`, ...(item === undefined ? {} : { item }) }
  const note = JSON.stringify(written)
  const isNoted = note.length <= maxLength && write(key, note)
  // An older one would bring back what was.
  if (!isNoted) remove(key)
  const isNewest = () => read(key) === (isNoted ? note : null)
  return {
    done: () => {
      if (isNewest()) remove(key)
    },
    undo: () => {
      if (!isNewest()) return
      if (before === null) remove(key)
      else write(key, before)
    }
  }
}

/** What the database may not know yet, of this page and of others. */
export const leftNotes = (): ReadonlyArray<Note> =>
  keysOf().flatMap((key) => {
    const note = read(key)
    if (note === null) return []
    const clientMessageId = key.slice(prefix.length)
    const written = parsed(note)
    if (written === undefined || (written.item ?? { clientMessageId }).clientMessageId !== clientMessageId) {
      remove(key)
      return []
    }
    const done = () => {
      if (read(key) === note) remove(key)
    }
    return { clientMessageId, item: written.item, done }
  })

/** As they are once all of these are carried out. */
export const withNotes = (items: ReadonlyArray<OutboxItem>, notes: ReadonlyArray<Note>): ReadonlyArray<OutboxItem> => {
  const known = new Map(items.map((item) => [item.clientMessageId, item]))
  for (const { clientMessageId, item } of notes) {
    if (item === undefined) known.delete(clientMessageId)
    else known.set(clientMessageId, item)
  }
  return [...known.values()]
}

/** Nothing of whoever was here stays on this device. */
export const removeNotes = (): void => keysOf().forEach(remove)

const keysOf = (): ReadonlyArray<string> => {
  try {
    const keys = Array.from({ length: localStorage.length }, (_, index) => localStorage.key(index))
    return keys.flatMap((key) => (key?.startsWith(prefix) === true ? key : []))
  } catch {
    // Storage is refused: there is nothing.
    return []
  }
}

const read = (key: string): string | null => {
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}

/** False where it is refused or full, or whoever was here has signed out. */
const write = (key: string, note: string): boolean => {
  if (!keeps()) return false
  try {
    localStorage.setItem(key, note)
    return true
  } catch {
    return false
  }
}

const remove = (key: string): void => {
  try {
    localStorage.removeItem(key)
  } catch {
    // Storage is refused: there is nothing.
  }
}

const parsed = (note: string): Written | undefined => {
  try {
    const value: unknown = JSON.parse(note)
    return isWritten(value) ? value : undefined
  } catch {
    return undefined
  }
}

const isWritten = (value: unknown): value is Written =>
  typeof value === "object" && value !== null && "by" in value && (!("item" in value) || isItem(value.item))

/** By what every version of the app has written. */
const isItem = (value: unknown): value is OutboxItem =>
  typeof value === "object" && value !== null && "clientMessageId" in value && "conversationId" in value && "command" in value
