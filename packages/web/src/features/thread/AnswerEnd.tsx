/** How an answer ended, when it was not by saying all: and the way on. */
import { CircleStop, TriangleAlert } from "lucide-react"
import type { ReactNode } from "react"
import { codeText } from "../../client/codeText.ts"
import type { ChatMessage } from "../../client/sdk.ts"
import { useText } from "../../i18n/useText.ts"
import type { ThreadActions } from "./ThreadActions.ts"

interface AnswerEndProps {
  readonly message: ChatMessage
  readonly actions: ThreadActions
  readonly isLast: boolean
}

export const AnswerEnd = ({ actions, isLast, message }: AnswerEndProps) => {
  const t = useText()
  if (message.status === "cancelled") {
    return (
      <p className="message-note">
        <CircleStop aria-hidden />
        {t("message.stopped")}
      </p>
    )
  }
  if (message.status === "failed") {
    return (
      <Fault text={message.error === null ? t("message.failed") : codeText(t, message.error)}>
        <button type="button" className="button" onClick={() => actions.regenerate(message)}>
          {t("action.retry")}
        </button>
      </Fault>
    )
  }
  if (message.status !== "complete") return null
  switch (message.finishReason) {
    case "length":
      return (
        <Fault text={t("message.cutShort")}>
          {isLast ? (
            <button type="button" className="button" onClick={() => actions.goOn(message)}>
              {t("message.goOn")}
            </button>
          ) : null}
        </Fault>
      )
    case "content-filter":
      return <Fault text={t("message.filtered")} />
    case "refusal":
      return <Fault text={t("message.refused")} />
    default:
      return null
  }
}

const Fault = ({ children, text }: { readonly text: string; readonly children?: ReactNode }) => (
  <div className="message-fault">
    <TriangleAlert aria-hidden />
    <p>{text}</p>
    {children === undefined ? null : <div className="message-ways">{children}</div>}
  </div>
)
