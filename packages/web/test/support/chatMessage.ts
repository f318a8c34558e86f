/** A message as the client library gives it, of which only so much matters. */
import type { ChatMessage } from "../../src/client/sdk.ts"

export const chatMessage = (given: Partial<ChatMessage> & Pick<ChatMessage, "key">): ChatMessage => ({
  id: null,
  parentId: null,
  role: "user",
  authorId: null,
  content: [],
  delivery: "accepted",
  sendError: null,
  status: "complete",
  model: null,
  askedModel: null,
  finishReason: null,
  usage: null,
  error: null,
  createdAtMs: 0,
  run: null,
  siblingIndex: 0,
  siblings: [],
  stored: null,
  ...given
})
