import type { Chat, ChatState } from "./sdk.ts"
import { parley } from "./parley.ts"
import { useSnapshot } from "./useSnapshot.ts"

/** The conversation and what is known of it. It stays followed while the app is open, so that coming back shows it at once. */
export const useChat = (id: string): readonly [Chat, ChatState] => {
  const chat = parley.conversation(id)
  return [chat, useSnapshot(chat)]
}
