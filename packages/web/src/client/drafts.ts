/** What is being written and not sent, by conversation: kept in this browser's storage over reloads, as long as its writer is signed in. */
import { keeps, stopKeeping } from "./keeping.ts"

const prefix = "parley.draft."

/** Longer drafts are not kept over a reload, in UTF-16 code units. */
const maxKeptLength = 200_000

export const readDraft = (id: string): string => {
  try {
    return localStorage.getItem(prefix + id) ?? ""
  } catch {
    return ""
  }
}

export const keepDraft = (id: string, text: string): void => {
  if (!keeps()) return
  try {
    if (text === "" || text.length > maxKeptLength) localStorage.removeItem(prefix + id)
    else localStorage.setItem(prefix + id, text)
  } catch {
    // Storage is refused or full: the draft lives as long as the page.
  }
}

/** Nothing of whoever was here stays on this device; the page goes, too. */
export const removeDrafts = (): void => {
  stopKeeping()
  try {
    const keys = Array.from({ length: localStorage.length }, (_, index) => localStorage.key(index))
    for (const key of keys) if (key?.startsWith(prefix) === true) localStorage.removeItem(key)
  } catch {
    // Storage is refused: there is nothing.
  }
}
