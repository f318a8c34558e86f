import type { Text } from "../i18n/useText.ts"
import { codeText } from "./codeText.ts"
import { DatabaseSilentError } from "./database.ts"
import { isGuestHere } from "./isGuest.ts"
import { mayBeOnline } from "./isOffline.ts"
import { NotRemovedError } from "./NotRemovedError.ts"
import { ParleyApiError, ParleyConnectionError, ParleyOutboxError } from "./sdk.ts"

/** An error as a person is told it. */
export const errorText = (t: Text, error: unknown): string => {
  if (error instanceof ParleyOutboxError) {
    switch (error.fault) {
      case "storage-full":
        return t(isOfSilence(error) ? "error.databaseSilent" : "error.storageFull")
      case "outbox-full":
        return t("error.outboxFull")
      case "expired":
        return t("error.expired")
    }
  }
  if (error instanceof NotRemovedError) return t("signIn.notRemoved")
  if (error instanceof ParleyConnectionError) {
    return error.fault === "unreachable" ? t(mayBeOnline() ? "error.unreachable" : "error.offline") : error.message
  }
  if (error instanceof ParleyApiError && error.code === "forbidden" && isGuestHere()) return t("error.forbiddenGuest")
  if (error instanceof ParleyApiError) return codeText(t, error)
  return t("error.unknown", { message: error instanceof Error ? error.message : String(error) })
}

/** The database says nothing, whatever that was told as since. */
const isOfSilence = ({ cause }: Error): boolean =>
  cause instanceof DatabaseSilentError || (cause instanceof Error && isOfSilence(cause))
