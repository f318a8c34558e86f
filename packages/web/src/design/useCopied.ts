import { useCallback, useEffect, useState } from "react"
import { texts } from "../i18n/texts.ts"
import { copyText } from "./copyText.ts"
import { notify } from "./notify.ts"

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
    void copyText(text).then((isCopied) => {
      if (isCopied) setCount((before) => before + 1)
      else notify(texts.text()("action.copyFailed"), { isError: true })
    })
  }, [])
  return [copied, copy]
}
