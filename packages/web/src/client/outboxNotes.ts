/**
 * What is about to change in the outbox, in this browser's storage, which takes it down at once: the database takes its time where the disk is busy or
 * another tab writes, and drops what it has not begun when the page goes. What was sent is not lost thereby, nor what was discarded sent.
 */
import { keeps } from "./keeping.ts"
import type { OutboxItem } from "./sdk.ts"

const prefix = "parley.outbox."
/** The note of one that leaves the outbox. */
const leaves = ""
/** Longer ones wait for the database alone, in UTF-16 code units: there is room for a few million in all. */
const maxLength = 500_000

/** Takes it down; what it gives back takes the note away, unless there is a newer one. */
export const noteChange = (clientMessageId: string, item?: OutboxItem): (() => void) => {
  const key = prefix + clientMessageId
  const note = item === undefined ? leaves : JSON.stringify(item)
  // An older one would bring back what was.
  if (!keeps() || note.length > maxLength || !written(key, note)) {
    removeKey(key)
    return () => {}
  }
  return () => {
    if (read(key) === note) removeKey(key)
  }
}

export interface Left {
  readonly clientMessageId: string
  /** Undefined: it leaves. */
  readonly item: OutboxItem | undefined
  /** Nothing was noted since, nor has anybody carried it out. */
  readonly isNewest: () => boolean
  readonly done: () => void
}

/** What the database may not know yet, of this page and of others. */
export const leftNotes = (): Array<Left> =>
  keysOf().flatMap((key) => {
    const note = read(key)
    const item = note === null || note === leaves ? undefined : parsed(note)
    if (note === null || (note !== leaves && item === undefined)) return []
    return {
      clientMessageId: key.slice(prefix.length),
      item,
      isNewest: () => read(key) === note,
      done: () => {
        if (read(key) === note) removeKey(key)
      }
    }
  })

/** As they are once all of these are carried out. */
export const withNotes = (items: ReadonlyArray<OutboxItem>, notes: ReadonlyArray<Left>): ReadonlyArray<OutboxItem> => {
  const known = new Map(items.map((item) => [item.clientMessageId, item]))
  for (const { clientMessageId, item } of notes) {
    if (item === undefined) known.delete(clientMessageId)
    else known.set(clientMessageId, item)
  }
  return [...known.values()]
}

/** Nothing of whoever was here stays on this device. */
export const removeNotes = (): void => keysOf().forEach(removeKey)

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

/** False where it is refused or full. */
const written = (key: string, note: string): boolean => {
  try {
    localStorage.setItem(key, note)
    return true
  } catch {
    return false
  }
}

const removeKey = (key: string): void => {
  try {
    localStorage.removeItem(key)
  } catch {
    // Storage is refused: there is nothing.
  }
}

const parsed = (note: string): OutboxItem | undefined => {
  try {
    return JSON.parse(note)
  } catch {
    return undefined
  }
}
