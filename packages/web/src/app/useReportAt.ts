import { useCallback, useEffect } from "react"
import { useLocation } from "wouter"
import { errorText } from "../client/errorText.ts"
import { isSignedIn } from "../client/session.ts"
import { enterPlace, isAt, notify } from "../design/notify.ts"
import { texts } from "../i18n/texts.ts"
import { useApp } from "./AppContext.ts"

/** The page where a conversation begins, as its draft is called. */
export const newPlace = "new"

/** For the page of one conversation: as `report`, but the note goes with the page; an error of one that was left says whose it is, and leads there. */
export const useReportAt = (place: string): ((error: unknown) => void) => {
  const { lists } = useApp()
  const [, navigate] = useLocation()
  useEffect(() => enterPlace(place), [place])
  return useCallback(
    (error) => {
      if (!isSignedIn()) return
      const t = texts.text()
      const text = errorText(t, error)
      if (isAt(place)) return notify(text, { isError: true, place })
      const title = lists.state.getSnapshot().items.find(({ id }) => id === place)?.title ?? ""
      notify(t("notice.elsewhere", { title: title === "" ? t("list.untitled") : title, text }), {
        isError: true,
        action: { label: t("action.open"), run: () => navigate(place === newPlace ? "/" : `/c/${place}`) }
      })
    },
    [lists, navigate, place]
  )
}
