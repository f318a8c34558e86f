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

const chatPrefix = "chat "
const chatKey = (id: string) => chatPrefix + id
const listKey = "list"
/** When each of them was seen last, in Unix milliseconds. */
const seenKey = "seen"
type SeenAtMs = Readonly<Record<string, number>>

export const keepChat = async (id: string, { conversation, members, messages }: ChatState): Promise<void> => {
  const stored = messages.filter(({ delivery }) => delivery === "accepted").slice(-maxMessages)
  const kept: KeptChat = { conversation, members, messages: stored.map((message) => ({ ...message, sendError: null })) }
  // First: of a page that goes nothing more may be done.
  await inStore("kept", "readwrite", (store) => store.put(kept, chatKey(id)))
  await sawChat(id)
}

/** Seen thereby, also where the server does not say how it is now. */
export const keptChat = async (id: string): Promise<KeptChat | undefined> => {
  const kept = await inStore<KeptChat | undefined>("kept", "readonly", (store) => store.get(chatKey(id)))
  if (kept !== undefined) void sawChat(id).catch(() => {})
  return kept
}

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

/** Of these chats, those that were seen least lately make room. One of which nothing is known goes first, the oldest of them before the others: ids sort by time. */
export const toForget = (ids: ReadonlyArray<string>, seenAtMs: SeenAtMs, most: number): ReadonlyArray<string> =>
  [...ids]
    .sort()
    .sort((a, b) => (seenAtMs[a] ?? 0) - (seenAtMs[b] ?? 0))
    .slice(0, Math.max(0, ids.length - most))

const sawChat = async (id: string): Promise<void> => {
  const keys = await inStore("kept", "readonly", (store) => store.getAllKeys())
  const before = (await inStore<SeenAtMs | undefined>("kept", "readonly", (store) => store.get(seenKey))) ?? {}
  const ids = new Set([id])
  for (const key of keys) if (typeof key === "string" && key.startsWith(chatPrefix)) ids.add(key.slice(chatPrefix.length))
  const seenAtMs = { ...before, [id]: Date.now() }
  const forgotten = new Set(toForget([...ids], seenAtMs, maxChats))
  for (const old of forgotten) await inStore("kept", "readwrite", (store) => store.delete(chatKey(old)))
  const left = Object.entries(seenAtMs).filter(([known]) => ids.has(known) && !forgotten.has(known))
  await inStore("kept", "readwrite", (store) => store.put(Object.fromEntries(left), seenKey))
}
