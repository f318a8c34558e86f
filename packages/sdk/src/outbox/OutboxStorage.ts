/** Where messages wait until the server has accepted them. A port: memory here, IndexedDB or AsyncStorage in an app. */
import type { Edit, Regenerate, Send } from "@parley/domain/ConversationCommand"
import type { CreateConversation } from "@parley/domain/Conversations"
import type { Plain } from "../Plain.ts"

export type OutboxCommand =
  | ({ readonly type: "send" } & Plain<Send>)
  | ({ readonly type: "edit" } & Plain<Edit>)
  | ({ readonly type: "regenerate" } & Plain<Regenerate>)

type WithoutClientId<T> = T extends OutboxCommand ? Omit<T, "clientMessageId"> : never
/** What is to be sent, before it has its `clientMessageId`. */
export type NewCommand = WithoutClientId<OutboxCommand>

/** What a conversation is made with. */
export type Beginning = Plain<CreateConversation>

/** Plain data: it can be cloned and written as JSON. */
export interface OutboxItem {
  readonly clientMessageId: string
  readonly conversationId: string
  readonly createdAtMs: number
  /** Sorts the items of one client made in the same millisecond. */
  readonly order: number
  readonly command: OutboxCommand
  /** The conversation is made with this first, under the id that it has here; absent once the server has it. */
  readonly begin?: Beginning
}

export interface OutboxStorage {
  /** All that is kept, in any order. */
  readonly load: () => Promise<ReadonlyArray<OutboxItem>>
  /** Rejects when there is no room; what was kept before must stay. */
  readonly put: (item: OutboxItem) => Promise<void>
  /** Of one that is not there: nothing happens. */
  readonly remove: (clientMessageId: string) => Promise<void>
  /** Where several clients share it: calls back when another one has put or removed something; gives back the function that stops it. */
  readonly watch?: (told: () => void) => () => void
}

export const memoryOutbox = (): OutboxStorage => {
  const items = new Map<string, OutboxItem>()
  return {
    load: async () => [...items.values()],
    put: async (item) => void items.set(item.clientMessageId, item),
    remove: async (clientMessageId) => void items.delete(clientMessageId)
  }
}
