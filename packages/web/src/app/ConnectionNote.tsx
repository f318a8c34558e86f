import { useEffect, useState, useSyncExternalStore } from "react"
import { isOffline, watchOffline } from "../client/isOffline.ts"
import { parley } from "../client/parley.ts"
import { useSnapshot } from "../client/useSnapshot.ts"
import { useText } from "../i18n/useText.ts"

/** A connection that comes back within this time is not worth a word. */
const calmMs = 750
/** One that is not there is told at once: a server on the same machine answers within this time. */
const offlineCalmMs = 150

/** One line over the page while there is no connection. */
export const ConnectionNote = () => {
  const t = useText()
  const { state } = useSnapshot(parley.connection)
  const offline = useSyncExternalStore(watch, isOfflineNow)
  const away = offline || state === "connecting" || state === "waiting"
  const [shown, setShown] = useState(false)
  useEffect(() => {
    if (!away) return setShown(false)
    const timer = setTimeout(() => setShown(true), offline ? offlineCalmMs : calmMs)
    return () => clearTimeout(timer)
  }, [away, offline])
  return (
    <div role="status">
      {shown ? (
        <p className="connection">
          {t(offline ? "connection.offline" : "connection.reconnecting")}
          <button type="button" onClick={() => parley.wake()}>
            {t("connection.retry")}
          </button>
        </p>
      ) : null}
    </div>
  )
}

const watch = (changed: () => void) => watchOffline(parley, changed)
const isOfflineNow = () => isOffline(parley)
