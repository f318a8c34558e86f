import type { Text } from "../i18n/useText.ts"
import { ParleyApiError, ParleyConnectionError, ParleyOutboxError } from "./sdk.ts"

/** An error as a person is told it; what the server said stays in its words. */
export const errorText = (t: Text, error: unknown): string => {
  if (error instanceof ParleyOutboxError) {
    switch (error.fault) {
      case "storage-full":
        return t("error.storageFull")
      case "outbox-full":
        return t("error.outboxFull")
      case "expired":
        return t("error.expired")
    }
  }
  if (error instanceof ParleyConnectionError) return error.fault === "unreachable" ? t("error.unreachable") : error.message
  if (error instanceof ParleyApiError) return error.code === "busy" ? t("error.busy") : error.message
  return t("error.unknown", { message: error instanceof Error ? error.message : String(error) })
}
