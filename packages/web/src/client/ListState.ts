import type { ListPart, PartStatus } from "./ListParts.ts"
import type { Folder, ListedConversation } from "./sdk.ts"

export interface ListState {
  readonly status: "loading" | "ready" | "failed"
  /** Most recently changed first; archived ones too once they were asked for. */
  readonly items: ReadonlyArray<ListedConversation>
  /** Begun on this device and not made on the server yet; the newest first. */
  readonly begun: ReadonlyArray<ListedConversation>
  readonly folders: ReadonlyArray<Folder>
  readonly hasMore: boolean
  /** What was read for itself, and how far. */
  readonly parts: ReadonlyMap<ListPart, PartStatus>
  /** Deleted on this device, whether or not the server knows of it yet: not shown. */
  readonly leaving: ReadonlySet<string>
}

/** All that there is, whether or not the server knows of it yet. */
export const allOf = ({ begun, items }: Pick<ListState, "begun" | "items">): ReadonlyArray<ListedConversation> => {
  if (begun.length === 0) return items
  const known = new Set(items.map(({ id }) => id))
  return [...begun.filter(({ id }) => !known.has(id)), ...items]
}
