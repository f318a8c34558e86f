/** In the place of a conversation that is gone, or cannot be opened: why, the way on, and what one was writing there. */
import { useLayoutEffect, useState } from "react"
import { useApp } from "../../app/AppContext.ts"
import { EmptyPage } from "../../app/EmptyPage.tsx"
import { readDraft } from "../../client/drafts.ts"
import { errorText } from "../../client/errorText.ts"
import type { ChatState } from "../../client/sdk.ts"
import { useText } from "../../i18n/useText.ts"

interface NoConversationProps {
  readonly id: string
  readonly isGone: boolean
  readonly error: ChatState["error"]
}

export const NoConversation = ({ error, id, isGone }: NoConversationProps) => {
  const t = useText()
  const { isGuest, startNew } = useApp()
  const [draft, setDraft] = useState("")
  // Not while it is rendered: the box that goes keeps in this moment what was typed last.
  useLayoutEffect(() => setDraft(readDraft(id)), [id])
  const hint = isGone ? t("thread.goneHint") : error === null ? undefined : errorText(t, error)
  const action = isGuest ? undefined : { label: t("thread.start"), run: startNew }
  return (
    <EmptyPage title={t(isGone ? "thread.gone" : "thread.failed")} hint={hint} action={action}>
      {isGone && isGuest ? <p>{t("guest.noRoomHint")}</p> : null}
      {draft.trim() === "" ? null : (
        <label className="empty-draft">
          {t("thread.unsentDraft")}
          <textarea className="input" dir="auto" rows={4} readOnly value={draft} />
        </label>
      )}
    </EmptyPage>
  )
}
