/** The list of conversations after its first page was read anew. */
import type { ListedConversation } from "./sdk.ts"

interface FirstPage {
  readonly items: ReadonlyArray<ListedConversation>
  readonly nextCursor: string | null
}

/** `newer`: what became known since the page was asked for is newer than what the page says of it, or does not say. */
export const withFirstPage = (
  known: ReadonlyArray<ListedConversation>,
  page: FirstPage,
  newer: ReadonlySet<string>
): { readonly items: ReadonlyArray<ListedConversation>; readonly reachesEnd: boolean } => {
  const read = page.items.filter(({ id }) => !newer.has(id))
  const fresh = new Set<string>(read.map(({ id }) => id))
  const oldest = page.items.at(-1)?.updatedAtMs ?? -Infinity
  // What is missing though it would be on the first page was deleted elsewhere.
  const beyond = known.filter(
    ({ id, isArchived, updatedAtMs }) =>
      !newer.has(id) && !fresh.has(id) && (isArchived || (page.nextCursor !== null && updatedAtMs < oldest))
  )
  const items = newestFirst([...read, ...known.filter(({ id }) => newer.has(id)), ...beyond])
  return { items, reachesEnd: beyond.length === 0 }
}

export const newestFirst = (items: Array<ListedConversation>): Array<ListedConversation> =>
  items.sort((a, b) => b.updatedAtMs - a.updatedAtMs)
