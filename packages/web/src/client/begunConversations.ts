/** Conversations that were begun on this device and wait to be made, as the list shows them. */
import type { ListedConversation, OutboxItem, Parley } from "./sdk.ts"

/** Of the first message, in UTF-16 code units, as long as nobody gave a title. */
const maxTitleLength = 60

/** Calls back with them now and after each change; gives back the function that stops it. */
export const followBegun = (
  parley: Parley,
  principalId: string,
  changed: (begun: ReadonlyArray<ListedConversation>) => void
): (() => void) => {
  const read = () => changed(begunConversations(parley, principalId))
  read()
  return parley.beginnings.subscribe(read)
}

/** The server has it. */
export const isMade = (parley: Parley, id: string): boolean =>
  parley.beginnings.getSnapshot().every(({ conversationId }) => conversationId !== id)

const begunConversations = (parley: Parley, principalId: string): ReadonlyArray<ListedConversation> =>
  parley.beginnings
    .getSnapshot()
    .map((item): ListedConversation => {
      const { begin = {}, conversationId, createdAtMs } = item
      return {
        id: conversationId,
        title: begunTitle(item),
        model: begin.model ?? "",
        systemPrompt: begin.systemPrompt ?? null,
        parameters: begin.parameters ?? {},
        createdBy: principalId,
        createdAtMs,
        updatedAtMs: createdAtMs,
        folderId: null,
        isPinned: false,
        isArchived: false,
        role: "owner",
        memberCount: 1
      }
    })
    .toReversed()

const begunTitle = ({ begin, command }: OutboxItem): string => {
  if (begin?.title !== undefined) return begin.title
  const text = command.type === "send" ? command.content.find((part) => part.type === "text") : undefined
  const line = text?.type === "text" ? (text.text.trim().split("\n")[0] ?? "") : ""
  return line.length > maxTitleLength ? `${line.slice(0, maxTitleLength).toWellFormed()}…` : line
}
