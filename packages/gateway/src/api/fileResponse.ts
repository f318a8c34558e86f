/** A stored file as it is handed out. It never runs, whatever it is: its type was told by its bytes, and its policy lets it do nothing. */
import type { StoredFile } from "@parley/domain/Attachments"
import { textEncodingOf } from "@parley/domain/fileText"
import { HttpServerResponse } from "effect/http"
import { attachmentDisposition, inlineDisposition } from "./contentDisposition.ts"

export const fileResponse = (
  { attachment: { contentType, name }, content }: StoredFile,
  headers: Readonly<Record<string, string>>
): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.uint8Array(content, {
    contentType: contentType === "text/plain" ? `text/plain; charset=${textEncodingOf(content)}` : contentType,
    headers: {
      "content-disposition": contentType.startsWith("image/") ? inlineDisposition(name) : attachmentDisposition(name),
      "content-security-policy": "sandbox; default-src 'none'",
      "x-content-type-options": "nosniff",
      "cross-origin-resource-policy": "same-origin",
      ...headers
    }
  })
