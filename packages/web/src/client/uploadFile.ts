import { isOffline, watchOffline } from "./isOffline.ts"
import { contained } from "../i18n/bidi.ts"
import { ParleyApiError, ParleyConnectionError, type Parley } from "./sdk.ts"

/** So long without a connection, and what is being uploaded goes nowhere either. */
const awayMs = 20_000

/** Of several files it is said which one was refused. */
const named = ({ code, issues, message, requestId, retry, retryAfterMs, status }: ParleyApiError, name: string) =>
  new ParleyApiError({
    code,
    message: `${contained(name)}: ${message}`,
    status,
    requestId,
    retry,
    issues,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs })
  })

/** Given up as soon as it is known that there is no network: the message waits then, and its files with it. */
export const uploadFile: (parley: Parley, file: Parameters<Parley["upload"]>[0]) => ReturnType<Parley["upload"]> = async (
  parley,
  file
) => {
  const abort = new AbortController()
  let away: ReturnType<typeof setTimeout> | undefined
  const giveUp = () => abort.abort(new ParleyConnectionError("unreachable", "the connection was lost during an upload"))
  const look = () => {
    const isOpen = parley.connection.getSnapshot().state === "open"
    if (isOffline(parley)) return giveUp()
    if (!isOpen) away ??= setTimeout(giveUp, awayMs)
    else if (away !== undefined) {
      clearTimeout(away)
      away = undefined
    }
  }
  const stop = watchOffline(parley, look)
  look()
  try {
    return await parley.upload(file, { signal: abort.signal })
  } catch (error) {
    throw error instanceof ParleyApiError ? named(error, file.name) : error
  } finally {
    stop()
    clearTimeout(away)
  }
}
