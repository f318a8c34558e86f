import type { ListedConversation, Marks } from "./sdk.ts"

/** Without the fields that are there and undefined. */
export const definedMarks = ({ folderId, isArchived, isPinned }: Marks): Partial<ListedConversation> => ({
  ...(folderId === undefined ? {} : { folderId }),
  ...(isArchived === undefined ? {} : { isArchived }),
  ...(isPinned === undefined ? {} : { isPinned })
})
