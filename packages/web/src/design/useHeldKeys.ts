import { useEffect, useRef, type RefObject } from "react"
import { typedInto } from "./typedInto.ts"

/** What was typed for the dialog that is on its way; several hold it one after the other, until it is there. */
let held = ""
let holders = 0

/**
 * What was asked for is on its way, and the focus still where it was, in the message box say: until it is in `popup`, what is typed is not meant for a message.
 * It is held, and written into the field that has the focus first, if that is one to write in. Enter is for nobody: what it would choose is not seen yet.
 * Escape takes back what was asked for.
 */
export const useHeldKeys = (onClose: () => void, popup?: RefObject<HTMLElement | null>): void => {
  const close = useRef(onClose)
  close.current = onClose
  // Until it was there once: whoever moves the focus out of it later knows where it is.
  useEffect(() => {
    let isHolding = true
    holders++
    const release = (): void => {
      if (!isHolding) return
      isHolding = false
      holders--
      removeEventListener("keydown", hold, true)
      removeEventListener("beforeinput", refuse, true)
      removeEventListener("focusin", look, true)
      // Unless the dialog itself holds from here on, nothing came of it.
      queueMicrotask(() => {
        if (holders === 0) held = ""
      })
    }
    const hold = (event: KeyboardEvent): void => {
      event.stopPropagation()
      if (event.key === "Escape") close.current()
      else held = typedInto(held, event)
      // Of a button it would be a press; and by Escape the browser would close what lies below.
      if (event.key === "Enter" || event.key === " " || event.key === "Escape") event.preventDefault()
    }
    // Keys of a phone tell nothing else.
    const refuse = (event: Event): void => event.preventDefault()
    const look = ({ target }: FocusEvent): void => {
      if (!(target instanceof HTMLElement) || popup?.current?.contains(target) !== true) return
      const text = held
      release()
      // As if it were typed now: the field's own program hears of it.
      if (text !== "" && target.matches("input, textarea")) document.execCommand("insertText", false, text)
    }
    addEventListener("keydown", hold, true)
    addEventListener("beforeinput", refuse, true)
    addEventListener("focusin", look, true)
    return release
  }, [popup])
}
