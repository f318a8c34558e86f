/** Conversations that this page began and has not shown yet: the answer to their first question may be whole before there is anybody to see it begin. */
const begun = new Set<string>()

export const beginHere = (conversationId: string): void => void begun.add(conversationId)

/** Whether it was begun here; true once. */
export const takeBegun = (conversationId: string): boolean => begun.delete(conversationId)
