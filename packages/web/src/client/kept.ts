/**
 * What was seen last, kept on this device so that the app opens with it when there is no network. It is shown until the server has said
 * how things are, and never sent anywhere.
 */
import { inStore } from "./database.ts"
import type { ListState } from "./ListState.ts"
import type { ChatState } from "./sdk.ts"

export type KeptChat = Pick<ChatState, "conversation" | "members" | "messages">
export type KeptList = Pick<ListState, "items" | "folders">

/** Messages of one conversation, its newest, and conversations that are kept. */
const maxMessages = 100
const maxChats = 50

const chatKey = (id: string) => `chat ${id}`
const listKey = "list"

export const keepChat = async (id: string, { conversation, members, messages }: ChatState): Promise<void> => {
  const stored = messages.filter(({ delivery }) => delivery === "accepted").slice(-maxMessages)
  const kept: KeptChat = { conversation, members, messages: stored.map((message) => ({ ...message, sendError: null })) }
  await forgetOld(id)
  await inStore("kept", "readwrite", (store) => store.put(kept, chatKey(id)))
}

export const keptChat = (id: string): Promise<KeptChat | undefined> =>
  inStore<KeptChat | undefined>("kept", "readonly", (store) => store.get(chatKey(id)))

/** It was deleted. */
export const forgetChat = async (id: string): Promise<void> => {
  await inStore("kept", "readwrite", (store) => store.delete(chatKey(id)))
}

export const keepList = async ({ folders, items }: ListState): Promise<void> => {
  const kept: KeptList = { folders, items }
  await inStore("kept", "readwrite", (store) => store.put(kept, listKey))
}

export const keptList = (): Promise<KeptList | undefined> =>
  inStore<KeptList | undefined>("kept", "readonly", (store) => store.get(listKey))

/** Ids sort by time: the oldest conversations go first. */
const forgetOld = async (id: string): Promise<void> => {
  const keys = await inStore("kept", "readonly", (store) => store.getAllKeys())
  const chats = keys.filter((key) => key !== listKey && key !== chatKey(id))
  for (const key of chats.slice(0, Math.max(0, chats.length - maxChats + 1))) {
    await inStore("kept", "readwrite", (store) => store.delete(key))
  }
}
