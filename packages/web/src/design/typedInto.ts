/** In UTF-16 code units. */
const maxLength = 1_000

type Key = Pick<KeyboardEvent, "key" | "altKey" | "ctrlKey" | "metaKey" | "isComposing" | "getModifierState">

/** With what the key writes, as a field would have it; what an input method composes is not told by keys. */
export const typedInto = (text: string, key: Key): string => {
  if (isShortcut(key) || key.isComposing) return text
  const written = Array.from(text)
  if (key.key === "Backspace") return written.slice(0, -1).join("")
  return Array.from(key.key).length === 1 && text.length < maxLength ? text + key.key : text
}

/** Alt of a Mac writes, `@`, `[` and `|` on a German keyboard say; elsewhere it makes a shortcut, and the key tells the letter that it has without. */
const isShortcut = (event: Key): boolean => {
  if (event.getModifierState("AltGraph")) return false
  return event.ctrlKey || event.metaKey || (event.altKey && !writesWithAlt.test(event.key))
}

const writesWithAlt = /^[^a-zA-Z\d ]$/u
