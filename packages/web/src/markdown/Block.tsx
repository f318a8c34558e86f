import type { Token, Tokens } from "marked"
import { createElement, lazy, Suspense } from "react"
import { CodeBlock } from "./CodeBlock.tsx"
import { Inline } from "./Inline.tsx"
import { isMarkedToken } from "./lexMarkdown.ts"
import { Mathematics } from "./Mathematics.tsx"
import { isMathToken } from "./mathSyntax.ts"
import { TableBlock } from "./TableBlock.tsx"

const Diagram = lazy(async () => ({ default: (await import("./Diagram.tsx")).Diagram }))

interface BlockProps {
  readonly token: Token
  /** Its end may still come. */
  readonly live: boolean
}

export const Block = ({ live, token }: BlockProps) => {
  if (isMathToken(token)) return <Mathematics tex={token.tex} display={token.display} />
  if (!isMarkedToken(token)) return null
  switch (token.type) {
    case "paragraph":
      return (
        <p>
          <Inline tokens={token.tokens} />
        </p>
      )
    case "heading":
      // Below the message's own heading, and without a gap where an answer begins with the second rank, as most do.
      return createElement(
        `h${Math.min(6, Math.max(3, token.depth + 1))}`,
        { className: `md-h${token.depth}` },
        <Inline tokens={token.tokens} />
      )
    case "code":
      return <Code token={token} live={live} />
    case "list":
      return <List token={token} live={live} />
    case "blockquote":
      return (
        <blockquote>
          <Blocks tokens={token.tokens} live={live} />
        </blockquote>
      )
    case "table":
      return <TableBlock token={token} />
    case "hr":
      return <hr />
    case "html":
      // Shown, not made: it is the model's text.
      return <p className="md-html">{token.text}</p>
    case "text":
      return token.tokens === undefined ? token.text : <Inline tokens={token.tokens} />
    default:
      return null
  }
}

const Blocks = ({ live, tokens }: { readonly tokens: ReadonlyArray<Token>; readonly live: boolean }) =>
  tokens.map((token, index) => <Block key={index} token={token} live={live && index === tokens.length - 1} />)

const Code = ({ live, token }: { readonly token: Tokens.Code; readonly live: boolean }) => {
  const language = (token.lang ?? "").split(/[\s,{]/, 1)[0]?.toLowerCase() ?? ""
  const code = <CodeBlock text={token.text} language={language} live={live} />
  if (language !== "mermaid" || live) return code
  return (
    <Suspense fallback={code}>
      <Diagram source={token.text} />
    </Suspense>
  )
}

const List = ({ live, token }: { readonly token: Tokens.List; readonly live: boolean }) => {
  const items = token.items.map((item, index) => {
    const isLast = index === token.items.length - 1
    return (
      <li key={index} className={item.task ? "md-task" : undefined}>
        {item.task ? <input type="checkbox" checked={item.checked === true} disabled readOnly aria-label={item.text} /> : null}
        <Blocks tokens={item.tokens.filter(({ type }) => type !== "checkbox")} live={live && isLast} />
      </li>
    )
  })
  return token.ordered ? <ol start={typeof token.start === "number" ? token.start : 1}>{items}</ol> : <ul>{items}</ul>
}
