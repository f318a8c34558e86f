import { useEffect, useRef, type RefObject } from "react"

/**
 * What was asked for is on its way, and the focus still where it was, in the message box say: until it is in `popup`, what is typed goes nowhere. It was not
 * meant for a message. Escape takes back what was asked for.
 */
export const useHeldKeys = (onClose: () => void, popup?: RefObject<HTMLElement | null>): void => {
  const close = useRef(onClose)
  close.current = onClose
  // Until it was there once: whoever moves the focus out of it later knows where it is.
  useEffect(() => {
    const release = (): void => {
      removeEventListener("keydown", hold, true)
      removeEventListener("beforeinput", refuse, true)
      removeEventListener("focusin", look, true)
    }
    const hold = (event: KeyboardEvent): void => {
      event.stopPropagation()
      if (event.key === "Escape") close.current()
      // Of a button it would be a press; and by Escape the browser would close what lies below.
      if (event.key === "Enter" || event.key === " " || event.key === "Escape") event.preventDefault()
    }
    // Keys of a phone tell nothing else.
    const refuse = (event: Event): void => event.preventDefault()
    const look = ({ target }: FocusEvent): void => {
      if (target instanceof Node && popup?.current?.contains(target) === true) release()
    }
    addEventListener("keydown", hold, true)
    addEventListener("beforeinput", refuse, true)
    addEventListener("focusin", look, true)
    return release
  }, [popup])
}
