/** Tells that an answer is finished: to those who hear the page, once; to those who look elsewhere, where they wished for it. */
import { useEffect, useRef, useState } from "react"
import type { ChatMessage } from "../../client/sdk.ts"
import { useText } from "../../i18n/useText.ts"
import { notifyHidden } from "../settings/notifications.ts"

interface AnswerAnnouncerProps {
  readonly messages: ReadonlyArray<ChatMessage>
  readonly title: string
}

export const AnswerAnnouncer = ({ messages, title }: AnswerAnnouncerProps) => {
  const t = useText()
  const [said, setSaid] = useState("")
  const streaming = useRef<string>(undefined)
  const last = messages.at(-1)
  useEffect(() => {
    if (last?.role !== "assistant") return
    if (last.status === "streaming") {
      streaming.current = last.key
      setSaid("")
    } else if (streaming.current === last.key) {
      streaming.current = undefined
      setSaid(t("thread.finished"))
      notifyHidden(t("notice.answered", { title: title === "" ? t("thread.untitled") : title }))
    }
  }, [last, t, title])
  return (
    <p className="visually-hidden" role="status">
      {said}
    </p>
  )
}
