/** Tells that an answer is finished: to those who hear the page, once; to those who look elsewhere, where they wished for it. */
import { useEffect, useRef, useState } from "react"
import { onFrame } from "../../client/onFrame.ts"
import type { ChatMessage } from "../../client/sdk.ts"
import { useText } from "../../i18n/useText.ts"
import { notifyHidden } from "../settings/notifications.ts"
import { takeBegun } from "./begunHere.ts"

interface AnswerAnnouncerProps {
  readonly conversationId: string
  readonly last: ChatMessage | undefined
  readonly title: string
}

export const AnswerAnnouncer = ({ conversationId, last, title }: AnswerAnnouncerProps) => {
  const t = useText()
  const [said, setSaid] = useState("")
  // A question stands last, or an answer that is being written. A short answer may come whole: nobody saw it being written.
  const isAwaited = useRef(false)
  useEffect(() => {
    if (takeBegun(conversationId)) isAwaited.current = true
  }, [conversationId])
  useEffect(() => {
    if (last === undefined) return
    if (last.role !== "assistant" || last.status === "streaming") {
      if (!isAwaited.current) onFrame(() => setSaid(""))
      isAwaited.current = true
    } else if (isAwaited.current) {
      isAwaited.current = false
      // It was shown in this frame; saying so is for the next.
      onFrame(() => setSaid(t("thread.finished")))
      void notifyHidden(t("notice.answered", { title: title === "" ? t("thread.untitled") : title }), conversationId)
    }
  }, [conversationId, last, t, title])
  return (
    <p className="visually-hidden" role="status">
      {said}
    </p>
  )
}
