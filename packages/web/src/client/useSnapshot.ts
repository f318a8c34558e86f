/** A store of the client library in React: many changes in one frame are one render. */
import { useCallback, useSyncExternalStore } from "react"

interface Readable<S> {
  readonly getSnapshot: () => S
  readonly subscribe: (listener: () => void) => () => void
}

/** A page that is hidden or covered has no frames; changes are then told this late. */
const withoutFramesMs = 250

export const useSnapshot = <S>(store: Readable<S>): S => {
  const subscribe = useCallback((listener: () => void) => store.subscribe(perFrame(listener)), [store])
  return useSyncExternalStore(subscribe, store.getSnapshot)
}

const perFrame = (listener: () => void): (() => void) => {
  let waiting = false
  return () => {
    if (waiting) return
    waiting = true
    const run = () => {
      cancelAnimationFrame(frame)
      clearTimeout(timer)
      waiting = false
      listener()
    }
    const frame = requestAnimationFrame(run)
    const timer = setTimeout(run, withoutFramesMs)
  }
}
