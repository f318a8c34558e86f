import { useEffect, useRef, useState } from "react"

/** A click follows the end of its press, on a screen that is touched not at once. */
const clickFollowsMs = 50

/** What is shown, which stays as it is while something within `area` is pressed: a row that moves away under a press would get no click. */
export const useHeld = <S>(present: S, area: string): S => {
  const [held, setHeld] = useState<{ readonly shown: S }>()
  const latest = useRef(present)
  latest.current = present
  useEffect(() => {
    const abort = new AbortController()
    const options = { signal: abort.signal, capture: true }
    let letGo: ReturnType<typeof setTimeout> | undefined
    const press = ({ button, target }: PointerEvent) => {
      // Only the first button clicks; the release of another may go to a menu of the system's.
      if (button !== 0 || !(target instanceof Element) || target.closest(area) === null) return
      clearTimeout(letGo)
      setHeld({ shown: latest.current })
    }
    const release = () => {
      clearTimeout(letGo)
      letGo = setTimeout(() => setHeld(undefined), clickFollowsMs)
    }
    addEventListener("pointerdown", press, options)
    addEventListener("pointerup", release, options)
    addEventListener("pointercancel", release, options)
    // The window's own, not those of what is in it: a release elsewhere is not told here.
    addEventListener("blur", release, { signal: abort.signal })
    return () => {
      clearTimeout(letGo)
      abort.abort()
    }
  }, [area])
  return held === undefined ? present : held.shown
}
