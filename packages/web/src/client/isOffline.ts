import type { Parley } from "./sdk.ts"

/** False only where the browser is certain of it. */
export const mayBeOnline = (): boolean => navigator.onLine !== false

/** There is no network: the browser says so, and the server has shown no sign of life since, which one on the same machine does. */
export const isOffline = ({ connection }: Parley): boolean => {
  const { isDoubtful, state } = connection.getSnapshot()
  return state === "offline" || (!mayBeOnline() && (isDoubtful || state !== "open"))
}

/** Calls back when that may have changed; gives back the function that stops it. */
export const watchOffline = ({ connection }: Parley, changed: () => void): (() => void) => {
  const stop = connection.subscribe(changed)
  addEventListener("online", changed)
  addEventListener("offline", changed)
  return () => {
    stop()
    removeEventListener("online", changed)
    removeEventListener("offline", changed)
  }
}
