/** What was committed is told: to the conversation in memory, to who follows it, and to the lists of its members. */
import type { PrincipalId } from "@parley/domain/Ids"
import type { ListChange } from "@parley/domain/Notices"
import type { StoredRoomEvent } from "../storage/ConversationStore.ts"
import type { ConversationHost } from "./ConversationHost.ts"
import type { LiveConversation } from "./LiveConversation.ts"

/** @param atMs - when, as the store has it, to a few milliseconds */
export const tellRoom = (
  host: ConversationHost,
  live: LiveConversation,
  events: ReadonlyArray<StoredRoomEvent>,
  atMs: number
): void => {
  const left = events.flatMap(({ event }) => (event.type === "member-left" ? [event.principalId] : []))
  live.apply(events)
  host.room.tell(events)
  if (events.length === 0) return
  const { conversationId } = host.key
  const isChanged = events.some(({ event: { type } }) => type.startsWith("member-") || type === "conversation-changed")
  tellLists(
    host,
    [...live.members.keys(), ...left],
    isChanged ? { type: "changed", conversationId } : { type: "moved", conversationId, atMs }
  )
}

export const tellLists = (host: ConversationHost, principalIds: ReadonlyArray<PrincipalId>, change: ListChange): void =>
  host.services.notices.tell({ type: "list", tenantId: host.key.tenantId, principalIds, change })
