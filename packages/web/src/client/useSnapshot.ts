/** A store of the client library in React: many changes in one frame, of all stores, are one render. */
import { useCallback, useSyncExternalStore } from "react"
import { notOnFrame, onFrame } from "./onFrame.ts"

interface Readable<S> {
  readonly getSnapshot: () => S
  readonly subscribe: (listener: () => void) => () => void
}

export const useSnapshot = <S>(store: Readable<S>): S => {
  const subscribe = useCallback(
    (listener: () => void) => {
      const unsubscribe = store.subscribe(() => onFrame(listener))
      return () => {
        unsubscribe()
        notOnFrame(listener)
      }
    },
    [store]
  )
  return useSyncExternalStore(subscribe, store.getSnapshot)
}
