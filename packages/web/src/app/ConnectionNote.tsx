import { useEffect, useState } from "react"
import { parley } from "../client/parley.ts"
import { useSnapshot } from "../client/useSnapshot.ts"
import { useText } from "../i18n/useText.ts"

/** A connection that comes back within this time is not worth a word. */
const calmMs = 1_500

/** One line over the page while there is no connection. */
export const ConnectionNote = () => {
  const t = useText()
  const { state } = useSnapshot(parley.connection)
  const away = state === "connecting" || state === "waiting" || state === "offline"
  const [shown, setShown] = useState(false)
  useEffect(() => {
    if (!away) return setShown(false)
    const timer = setTimeout(() => setShown(true), calmMs)
    return () => clearTimeout(timer)
  }, [away])
  return (
    <div role="status">
      {shown ? (
        <p className="connection">
          {t(state === "offline" ? "connection.offline" : "connection.reconnecting")}
          <button type="button" onClick={() => parley.wake()}>
            {t("connection.retry")}
          </button>
        </p>
      ) : null}
    </div>
  )
}
