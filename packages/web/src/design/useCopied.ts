import { useCallback, useEffect, useState } from "react"

/** How long "copied" is shown. */
const shownMs = 1_600

/** Copies a text, and tells for a moment that it did. */
export const useCopied = (): readonly [boolean, (text: string) => void] => {
  const [count, setCount] = useState(0)
  const [copied, setCopied] = useState(false)
  useEffect(() => {
    if (count === 0) return
    setCopied(true)
    const timer = setTimeout(() => setCopied(false), shownMs)
    return () => clearTimeout(timer)
  }, [count])
  const copy = useCallback((text: string) => {
    // Refused without a gesture or focus: then nothing was copied and nothing is said.
    navigator.clipboard.writeText(text).then(
      () => setCount((before) => before + 1),
      () => {}
    )
  }, [])
  return [copied, copy]
}
