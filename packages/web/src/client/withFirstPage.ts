/** The list of conversations after its first page was read anew. */
import type { ListPage } from "./ListParts.ts"
import type { ListedConversation } from "./sdk.ts"

/**
 * `newer`: what became known since the page was asked for is newer than what the page says of it, or does not say. `followsOn`: the page ends with
 * what was known before, so that nothing is missing between it and what was read beyond it.
 */
export const withFirstPage = (
  known: ReadonlyArray<ListedConversation>,
  page: ListPage,
  newer: ReadonlySet<string>
): { readonly items: ReadonlyArray<ListedConversation>; readonly followsOn: boolean } => {
  const read = page.items.filter(({ id }) => !newer.has(id))
  const fresh = new Set<string>(read.map(({ id }) => id))
  const oldest = page.items.at(-1)?.updatedAtMs ?? -Infinity
  // What is missing though it would be on the first page was deleted elsewhere.
  const beyond = known.filter(
    ({ id, isArchived, updatedAtMs }) =>
      !newer.has(id) && !fresh.has(id) && (isArchived || (page.nextCursor !== null && updatedAtMs < oldest))
  )
  const items = newestFirst([...read, ...known.filter(({ id }) => newer.has(id)), ...beyond])
  return { items, followsOn: known.some(({ id }) => id === page.items.at(-1)?.id) }
}

export const newestFirst = (items: Array<ListedConversation>): Array<ListedConversation> =>
  items.sort((a, b) => b.updatedAtMs - a.updatedAtMs)
