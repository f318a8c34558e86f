import type { ChatMessage, UserContent } from "../../client/sdk.ts"

/** What can be done to a message. The same object for as long as a conversation is shown, so that rows need not render again. */
export interface ThreadActions {
  readonly regenerate: (message: ChatMessage, model?: string) => void
  /** False: it was not taken, and it is said why. */
  readonly edit: (message: ChatMessage, content: UserContent) => boolean
  readonly selectVersion: (message: ChatMessage, index: number) => void
  readonly retry: (message: ChatMessage) => void
  readonly discard: (message: ChatMessage) => void
  readonly goOn: (answer: ChatMessage) => void
}
