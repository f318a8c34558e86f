import { useEffect, useRef } from "react"

/** Of browsers that have it; the types do not know it yet. */
interface CloseWatcher extends EventTarget {
  readonly destroy: () => void
}

const watcherOf = (): CloseWatcher | undefined => {
  const Watcher: (new () => CloseWatcher) | undefined = Reflect.get(globalThis, "CloseWatcher")
  return Watcher === undefined ? undefined : new Watcher()
}

/**
 * On Android "back" closes what lies over the page, the last opened first, and only then leaves the page. Nothing of that is in the history: what is chosen
 * meanwhile is one step of it. Chromium has it; where a browser has not (Safari, whose "back" is a swipe, and Firefox), "back" leads to the page before.
 *
 * Chromium asks for the same by an Escape that nobody has taken: whoever acts on that key prevents its default, or two things are closed.
 */
export const useBack = (isOpen: boolean, onBack: () => void): void => {
  const back = useRef(onBack)
  back.current = onBack
  useEffect(() => {
    if (!isOpen) return
    const watcher = watcherOf()
    watcher?.addEventListener("close", () => back.current())
    return () => watcher?.destroy()
  }, [isOpen])
}
