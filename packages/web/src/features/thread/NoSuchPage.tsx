import { useEffect } from "react"
import { useApp } from "../../app/AppContext.ts"
import { EmptyPage } from "../../app/EmptyPage.tsx"
import { useText } from "../../i18n/useText.ts"

/** Of an address that no conversation can have. */
export const NoSuchPage = () => {
  const t = useText()
  const { isGuest, startNew } = useApp()
  useEffect(() => {
    document.title = t("app.name")
  }, [t])
  const label = t(isGuest ? "share.openApp" : "thread.start")
  return <EmptyPage title={t("thread.noSuch")} hint={t("thread.noSuchHint")} action={{ label, run: startNew }} />
}
