/** That a message, or the wish for another answer, is not sent yet: why, and the way on. */
import { Clock, TriangleAlert } from "lucide-react"
import { errorText } from "../../client/errorText.ts"
import type { ChatMessage } from "../../client/sdk.ts"
import { useText } from "../../i18n/useText.ts"
import type { ThreadActions } from "./ThreadActions.ts"

export const SendFault = ({ actions, message }: { readonly message: ChatMessage; readonly actions: ThreadActions }) => {
  const t = useText()
  if (message.delivery === "accepted") return null
  if (message.delivery === "pending") {
    return (
      <p className="message-note" data-kind="pending">
        <Clock aria-hidden />
        {t("message.waiting")}
      </p>
    )
  }
  return (
    <div className="message-fault" role="alert">
      <TriangleAlert aria-hidden />
      <p>
        {t("message.notSent")} {message.sendError === null ? "" : errorText(t, message.sendError)}
      </p>
      <div className="message-ways">
        <button type="button" className="button" onClick={() => actions.retry(message)}>
          {t("action.retry")}
        </button>
        <button type="button" className="button" data-kind="quiet" onClick={() => actions.discard(message)}>
          {t("action.discard")}
        </button>
      </div>
    </div>
  )
}
