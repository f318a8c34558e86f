import type { ChatMessage } from "../../client/sdk.ts"

/** The last message that is whole: up to it is shared and saved. */
export const lastWhole = (messages: ReadonlyArray<ChatMessage>): string | undefined =>
  messages.findLast(({ delivery, status }) => delivery === "accepted" && status !== "streaming")?.id ?? undefined
