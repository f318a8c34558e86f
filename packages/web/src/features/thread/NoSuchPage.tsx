import { useEffect } from "react"
import { useApp } from "../../app/AppContext.ts"
import { useText } from "../../i18n/useText.ts"

/** Of an address that no conversation can have. */
export const NoSuchPage = () => {
  const t = useText()
  const { isGuest, startNew } = useApp()
  useEffect(() => {
    document.title = t("app.name")
  }, [t])
  return (
    <div className="empty-page" id="composer" tabIndex={-1}>
      <h1>{t("thread.noSuch")}</h1>
      <p>{t("thread.noSuchHint")}</p>
      <button type="button" className="button" data-kind="primary" onClick={startNew}>
        {t(isGuest ? "share.openApp" : "thread.start")}
      </button>
    </div>
  )
}
