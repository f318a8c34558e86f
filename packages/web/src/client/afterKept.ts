import type { ChatMessage } from "./sdk.ts"

/**
 * What was kept, and after it what is on its way. A page that goes in the moment in which a message is accepted leaves it in both: it is shown once, as
 * it is known now.
 */
export const afterKept = (kept: ReadonlyArray<ChatMessage>, known: ReadonlyArray<ChatMessage>): ReadonlyArray<ChatMessage> => {
  const keys = new Set(known.map(({ key }) => key))
  const ids = new Set(known.flatMap(({ id }) => id ?? []))
  return [...kept.filter(({ id, key }) => !keys.has(key) && (id === null || !ids.has(id))), ...known]
}
