import { useCallback, useEffect } from "react"
import { useLocation } from "wouter"
import { errorText } from "../client/errorText.ts"
import { isSignedIn } from "../client/session.ts"
import { enterPlace, isAt, notify } from "../design/notify.ts"
import { texts } from "../i18n/texts.ts"
import { useApp } from "./AppContext.ts"

/** The page where a conversation begins, as its draft is called. */
export const newPlace = "new"

/** Says what went wrong at that place; where it was left by now, the note says whose it is, and leads there. */
export const useTellAt = (place: string): ((text: string) => void) => {
  const { lists } = useApp()
  const [, navigate] = useLocation()
  return useCallback(
    (text) => {
      if (!isSignedIn()) return
      if (isAt(place)) return notify(text, { isError: true, place })
      const t = texts.text()
      const title = lists.state.getSnapshot().items.find(({ id }) => id === place)?.title ?? ""
      notify(t("notice.elsewhere", { title: title === "" ? t("list.untitled") : title, text }), {
        isError: true,
        action: { label: t("action.open"), run: () => navigate(place === newPlace ? "/" : `/c/${place}`) }
      })
    },
    [lists, navigate, place]
  )
}

/** For the page of one conversation: as `report`, and as `useTellAt` tells. Notes of that place go with the page. */
export const useReportAt = (place: string): ((error: unknown) => void) => {
  const tell = useTellAt(place)
  useEffect(() => enterPlace(place), [place])
  return useCallback((error) => tell(errorText(texts.text(), error)), [tell])
}
