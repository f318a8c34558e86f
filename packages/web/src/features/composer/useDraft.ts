import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "react"
import { keepDraft, readDraft } from "../../client/drafts.ts"

type Change = string | ((before: string) => string)

/** A draft is kept in this device's storage this long after the last keystroke. */
const keepAfterMs = 300

/** Boxes that are on the page, by their drafts. */
const boxes = new Set<{ readonly id: string; readonly setText: (change: Change) => void }>()

/** Where it is being written, else where it is kept: for whoever may have been left by now. */
export const changeDraft = (id: string, change: (before: string) => string): void => {
  const own = [...boxes].filter((box) => box.id === id)
  if (own.length === 0) keepDraft(id, change(readDraft(id)))
  for (const { setText } of own) setText(change)
}

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
  const setText = useCallback(
    (change: Change) => {
      const next = typeof change === "string" ? change : change(present.current.text)
      present.current = { id, text: next }
      // At once: what was sent is not there again, however the page ends.
      if (next === "") keepDraft(id, "")
      setState(present.current)
    },
    [id]
  )
  // What was written in the last moment before the page goes, or what is shown of it, too. In the layout: nobody changes it between the box and what is kept.
  useLayoutEffect(() => {
    const box = { id, setText }
    const keepNow = () => {
      if (present.current.id === id) keepDraft(id, present.current.text)
    }
    boxes.add(box)
    addEventListener("pagehide", keepNow)
    return () => {
      boxes.delete(box)
      removeEventListener("pagehide", keepNow)
      keepNow()
    }
  }, [id, setText])
  return [text, setText]
}
