import { useCallback, useEffect, useRef, useState } from "react"
import { keepDraft, readDraft } from "../../client/drafts.ts"

type Change = string | ((before: string) => string)

/** A draft is kept in this device's storage this long after the last keystroke. */
const keepAfterMs = 300

/** The text being written, kept over reloads under `id`. */
export const useDraft = (id: string): readonly [string, (change: Change) => void] => {
  const [state, setState] = useState(() => ({ id, text: readDraft(id) }))
  const text = state.id === id ? state.text : readDraft(id)
  if (state.id !== id) setState({ id, text })
  const present = useRef({ id, text })
  present.current = { id, text }
  useEffect(() => {
    const timer = setTimeout(() => keepDraft(id, text), keepAfterMs)
    return () => clearTimeout(timer)
  }, [id, text])
  // What was written in the last moment before the page goes, or what is shown of it, too.
  useEffect(() => {
    const keepNow = () => {
      if (present.current.id === id) keepDraft(id, present.current.text)
    }
    addEventListener("pagehide", keepNow)
    return () => {
      removeEventListener("pagehide", keepNow)
      keepNow()
    }
  }, [id])
  const setText = useCallback(
    (change: Change) => {
      const next = typeof change === "string" ? change : change(present.current.text)
      present.current = { id, text: next }
      // At once: whoever sent it may be gone from the page by now.
      if (next === "") keepDraft(id, "")
      setState(present.current)
    },
    [id]
  )
  return [text, setText]
}
