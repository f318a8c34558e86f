import { useCallback, useEffect, useRef, useState } from "react"

type Change = string | ((before: string) => string)

/** A draft is kept in this device's storage this long after the last keystroke. */
const keepAfterMs = 300
/** Longer drafts are not kept over a reload, in UTF-16 code units. */
const maxKeptLength = 200_000

/** The text being written, kept over reloads under `id`. */
export const useDraft = (id: string): readonly [string, (change: Change) => void] => {
  const key = `parley.draft.${id}`
  const [state, setState] = useState(() => ({ key, text: read(key) }))
  const text = state.key === key ? state.text : read(key)
  if (state.key !== key) setState({ key, text })
  const present = useRef({ key, text })
  present.current = { key, text }
  useEffect(() => {
    const timer = setTimeout(() => keep(key, text), keepAfterMs)
    return () => clearTimeout(timer)
  }, [key, text])
  // What was written in the last moment before the page goes, or what is shown of it, too.
  useEffect(() => {
    const keepNow = () => {
      if (present.current.key === key) keep(key, present.current.text)
    }
    addEventListener("pagehide", keepNow)
    return () => {
      removeEventListener("pagehide", keepNow)
      keepNow()
    }
  }, [key])
  const setText = useCallback(
    (change: Change) => {
      const next = typeof change === "string" ? change : change(present.current.text)
      present.current = { key, text: next }
      // At once: whoever sent it may be gone from the page by now.
      if (next === "") keep(key, "")
      setState(present.current)
    },
    [key]
  )
  return [text, setText]
}

const read = (key: string): string => {
  try {
    return localStorage.getItem(key) ?? ""
  } catch {
    return ""
  }
}

const keep = (key: string, text: string): void => {
  try {
    if (text === "" || text.length > maxKeptLength) localStorage.removeItem(key)
    else localStorage.setItem(key, text)
  } catch {
    // Storage is refused or full: the draft lives as long as the page.
  }
}
