/** Tells that an answer is finished: to those who hear the page, once; to those who look elsewhere, where they wished for it. */
import { useEffect, useRef, useState } from "react"
import type { ChatMessage } from "../../client/sdk.ts"
import { useText } from "../../i18n/useText.ts"
import { notifyHidden } from "../settings/notifications.ts"
import { takeBegun } from "./begunHere.ts"

interface AnswerAnnouncerProps {
  readonly conversationId: string
  readonly messages: ReadonlyArray<ChatMessage>
  readonly title: string
}

export const AnswerAnnouncer = ({ conversationId, messages, title }: AnswerAnnouncerProps) => {
  const t = useText()
  const [said, setSaid] = useState("")
  // A question stands last, or an answer that is being written. A short answer may come whole: nobody saw it being written.
  const isAwaited = useRef(false)
  const last = messages.at(-1)
  useEffect(() => {
    if (takeBegun(conversationId)) isAwaited.current = true
  }, [conversationId])
  useEffect(() => {
    if (last === undefined) return
    if (last.role !== "assistant" || last.status === "streaming") {
      isAwaited.current = true
      setSaid("")
    } else if (isAwaited.current) {
      isAwaited.current = false
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
