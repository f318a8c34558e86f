/** Markdown as React elements: no markup is ever made from text, so nothing in an answer can run. */
import type { Token } from "marked"
import { memo, useRef } from "react"
import { Block } from "./Block.tsx"
import { MarkdownStream } from "./MarkdownStream.ts"
import "./markdown.css"

interface MarkdownProps {
  readonly text: string
  /** More is to come. */
  readonly open?: boolean
}

export const Markdown = memo(({ open = false, text }: MarkdownProps) => {
  // A cache of what was lexed, and nothing that another render could see differently.
  const stream = useRef<MarkdownStream>(null)
  stream.current ??= new MarkdownStream()
  const tokens = stream.current.update(text, open)
  return (
    <div className="markdown" dir="auto">
      {tokens.map((token, index) => (
        // The place of a block never changes: text is only appended.
        <FinishedBlock key={index} token={token} live={open && index === tokens.length - 1} />
      ))}
    </div>
  )
})

const FinishedBlock = memo(({ live, token }: { readonly token: Token; readonly live: boolean }) => (
  <Block token={token} live={live} />
))
