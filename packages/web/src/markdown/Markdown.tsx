/** Markdown as React elements: no markup is ever made from text, so nothing in an answer can run. */
import type { Token } from "marked"
import { memo, useEffect, useRef, useState } from "react"
import { onFrame } from "../client/onFrame.ts"
import { useSnapshot } from "../client/useSnapshot.ts"
import { Block } from "./Block.tsx"
import { askForFormulas, formulas } from "./formulas.ts"
import { hasFormula } from "./hasFormula.ts"
import { MarkdownStream } from "./MarkdownStream.ts"
import "./markdown.css"

interface MarkdownProps {
  readonly text: string
  /** More is to come. */
  readonly open?: boolean
}

/** When nothing has come between two looks, all that there is is shown, also what may still change its look. */
const lookEveryMs = 400

export const Markdown = memo(({ open = false, text }: MarkdownProps) => {
  // A cache of what was lexed, and nothing that another render could see differently.
  const stream = useRef<MarkdownStream>(null)
  stream.current ??= new MarkdownStream()
  const quiet = useQuiet(text, open)
  const tokens = useDrawable(text, stream.current.update(text, open, open && !quiet), open)
  return (
    <div className="markdown">
      {tokens.map((token, index) => (
        // The place of a block never changes: text is only appended.
        <Block key={index} token={token} live={open && index === tokens.length - 1} dir="auto" />
      ))}
    </div>
  )
})

/** Whether nothing has come for a while. */
const useQuiet = (text: string, open: boolean): boolean => {
  const [seen, setSeen] = useState<string>()
  const present = useRef(text)
  present.current = text
  useEffect(() => {
    if (!open) return
    let last: string | undefined
    const timer = setInterval(() => {
      const { current } = present
      if (current === last) onFrame(() => setSeen(current))
      last = current
    }, lookEveryMs)
    return () => clearInterval(timer)
  }, [open])
  return seen === text
}

/** What is written before one's eyes waits for its first formula: what comes after it would be moved by it. */
const useDrawable = (text: string, tokens: ReadonlyArray<Token>, open: boolean): ReadonlyArray<Token> => {
  const { status } = useSnapshot(formulas)
  const [isWatched] = useState(open)
  const first =
    isWatched && (status === "unasked" || status === "asked") && /[$\\]/.test(text) ? tokens.findIndex(hasFormula) : -1
  const waits = first >= 0
  useEffect(() => {
    if (waits) askForFormulas()
  }, [waits])
  return waits ? tokens.slice(0, first) : tokens
}
