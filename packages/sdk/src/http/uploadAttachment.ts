/** A file into a conversation, and the part by which a message refers to it. */
import type { Attachment } from "@parley/domain/Attachments"
import type { FilePart } from "@parley/domain/Content"
import { ParleyConnectionError } from "../ParleyConnectionError.ts"
import type { Plain } from "../Plain.ts"
import { record } from "../wire/guard.ts"
import type { CallOptions, HttpCaller } from "./HttpCaller.ts"

export interface Upload {
  readonly conversationId: string
  readonly name: string
  readonly content: Blob
}

export const uploadAttachment = async (
  http: HttpCaller,
  { content, conversationId, name }: Upload,
  { signal }: CallOptions = {}
): Promise<Plain<FilePart>> => {
  const answer = await http.request({
    method: "POST",
    path: `/api/conversations/${encodeURIComponent(conversationId)}/attachments?name=${encodeURIComponent(name)}`,
    bytes: content,
    signal
  })
  if (!record<Attachment>(answer)) {
    throw new ParleyConnectionError("unreadable", "the answer to an upload is not what this version of the client knows")
  }
  return { type: "file", attachmentId: answer.id, name: answer.name, contentType: answer.contentType, bytes: answer.bytes }
}
