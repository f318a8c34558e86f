/** A part of the app could not be fetched: says why, and the way on. */
import { isOffline } from "../client/isOffline.ts"
import { parley } from "../client/parley.ts"
import { texts } from "../i18n/texts.ts"
import { notify } from "./notify.ts"

export const tellMissingPart = (): void => {
  const { connection } = parley
  const tell = (): void => {
    const t = texts.text()
    const { state } = connection.getSnapshot()
    if (isOffline(parley)) return notify(t("error.partOffline"), { isError: true })
    if (state === "waiting") return notify(t("error.partAway"), { isError: true })
    // The server has a newer app, whose files have other names; or the file could not be had before, which browsers remember until the page is loaded anew.
    notify(t("error.partFailed"), { isError: true, action: { label: t("error.reload"), run: () => location.reload() } })
  }
  const isKnown = (): boolean => isOffline(parley) || connection.getSnapshot().state !== "connecting"
  if (isKnown()) return tell()
  // Whether there is a network is just being found out.
  const stop = connection.subscribe(() => {
    if (!isKnown()) return
    stop()
    tell()
  })
}
