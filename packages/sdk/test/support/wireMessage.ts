import { conversationId, idOf } from "./ModelServer.ts"

/** A message as the server tells it: the first of its conversation, and a person's, unless `fields` say otherwise. */
export const wireMessage = (number: number, text: string, fields: object = {}) => ({
  id: idOf("msg", number),
  conversationId,
  parentId: null,
  role: "user",
  authorId: null,
  content: [{ type: "text", text }],
  status: "complete",
  runId: null,
  model: null,
  finishReason: null,
  usage: null,
  error: null,
  lastSeq: null,
  createdAtMs: number,
  ...fields
})
