import { useEffect } from "react"
import { Redirect } from "wouter"
import { useApp } from "../../app/AppContext.ts"
import { EmptyPage } from "../../app/EmptyPage.tsx"
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
  if (!isFailed && archive !== "whole") return <EmptyPage />
  return isFailed ? (
    <EmptyPage title={t("thread.failed")} action={{ label: t("action.retry"), run: () => void lists.refresh() }} />
  ) : (
    <EmptyPage title={t("guest.noRoom")} hint={t("guest.noRoomHint")} />
  )
}
