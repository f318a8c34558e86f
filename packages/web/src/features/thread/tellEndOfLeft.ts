import type { Chat } from "../../client/sdk.ts"
import { texts } from "../../i18n/texts.ts"
import { notifyHidden } from "../settings/notifications.ts"

/** An answer that is still being written when its conversation is left is told as well when it ends. Nothing is followed longer for that. */
export const tellEndOfLeft = (chat: Chat): void => {
  if (chat.getSnapshot().activeRun === null) return
  const stop = chat.subscribe(() => {
    const { activeRun, conversation, status } = chat.getSnapshot()
    if (activeRun !== null) return
    stop()
    // Whoever has come back hears of it there.
    if (status === "gone" || location.pathname === `/c/${chat.id}`) return
    const t = texts.text()
    const title = conversation === null || conversation.title === "" ? t("thread.untitled") : conversation.title
    void notifyHidden(t("notice.answered", { title }), chat.id)
  })
}
