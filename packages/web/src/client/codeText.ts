import type { TextName } from "../i18n/texts.ts"
import type { Text } from "../i18n/useText.ts"

/** What people meet, by the server's stable codes. Texts that name `{{message}}` keep its words: only it knows what was wrong. */
const textsOfCodes: ReadonlyMap<string, TextName> = new Map([
  ["busy", "error.busy"],
  ["unavailable", "error.unavailable"],
  ["internal", "error.internal"],
  ["unauthorized", "error.unauthorized"],
  ["forbidden", "error.forbidden"],
  ["payload_too_large", "error.tooLarge"],
  // The app's own: `filesToSend`.
  ["file_gone", "error.fileGone"],
  ["model_not_found", "error.modelNotFound"],
  ["context_length_exceeded", "error.contextTooLong"],
  ["provider_rejected", "error.providerRejected"],
  ["provider_unauthorized", "error.providerUnauthorized"],
  ["provider_rate_limited", "error.providerRateLimited"],
  ["provider_failed", "error.providerFailed"],
  ["provider_unreachable", "error.providerUnreachable"],
  ["provider_truncated", "error.providerTruncated"],
  ["provider_timeout", "error.providerTimeout"],
  ["provider_unavailable", "error.providerUnavailable"]
])

/** What the server says, in the person's language; what has no text here in the server's words. */
export const codeText = (t: Text, { code, message }: { readonly code: string; readonly message: string }): string => {
  const name = textsOfCodes.get(code)
  return name === undefined ? message : t(name, { message })
}
