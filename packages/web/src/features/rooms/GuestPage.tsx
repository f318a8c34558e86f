import { useEffect } from "react"
import { Redirect } from "wouter"
import { useApp } from "../../app/AppContext.ts"
import { useSnapshot } from "../../client/useSnapshot.ts"
import { useText } from "../../i18n/useText.ts"

/** Where others begin a conversation a guest comes to the room of the invitation, as long as there is one: in the archive too. */
export const GuestPage = () => {
  const t = useText()
  const { lists } = useApp()
  const { items, parts, status } = useSnapshot(lists.state)
  const room = items[0]
  const archive = parts.get("archived")
  const looksOn = status === "ready" && room === undefined
  useEffect(() => {
    document.title = t("app.name")
  }, [t])
  useEffect(() => {
    if (looksOn) void lists.openPart("archived")
  }, [lists, looksOn])
  if (room !== undefined) return <Redirect to={`/c/${room.id}`} replace />
  const isFailed = status === "failed" || archive === "failed"
  if (!isFailed && archive !== "whole") return <div className="empty-page" id="composer" tabIndex={-1} aria-busy />
  return (
    <div className="empty-page" id="composer" tabIndex={-1}>
      <h1>{t(isFailed ? "thread.failed" : "guest.noRoom")}</h1>
      {isFailed ? (
        <button type="button" className="button" data-kind="primary" onClick={() => void lists.refresh()}>
          {t("action.retry")}
        </button>
      ) : (
        <p>{t("guest.noRoomHint")}</p>
      )}
    </div>
  )
}
