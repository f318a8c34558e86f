import type { Token, Tokens } from "marked"
import { createElement, memo } from "react"
import { Plain } from "../i18n/Plain.tsx"
import { CodeBlock } from "./CodeBlock.tsx"
import { Diagram } from "./Diagram.tsx"
import { Inline } from "./Inline.tsx"
import { isMarkedToken } from "./lexMarkdown.ts"
import { Mathematics } from "./Mathematics.tsx"
import { isMathToken } from "./mathSyntax.ts"
import { TableBlock } from "./TableBlock.tsx"

interface BlockProps {
  readonly token: Token
  /** Its end may still come. */
  readonly live: boolean
  /** Of a block that stands by itself: each finds its direction in its own text. What is within one goes with it. */
  readonly dir?: "auto" | undefined
}

/** One whose token is the same object is not rendered again. */
export const Block = memo(({ dir, live, token }: BlockProps) => {
  if (isMathToken(token)) return <Mathematics tex={token.tex} display={token.display} />
  if (!isMarkedToken(token)) return null
  switch (token.type) {
    case "paragraph":
      return (
        <p dir={dir}>
          <Inline tokens={token.tokens} />
        </p>
      )
    case "heading":
      // Below the message's own heading, and without a gap where an answer begins with the second rank, as most do.
      return createElement(
        `h${Math.min(6, Math.max(3, token.depth + 1))}`,
        { className: `md-h${token.depth}`, dir },
        <Inline tokens={token.tokens} />
      )
    case "code":
      return <Code token={token} live={live} />
    case "list":
      return <List token={token} live={live} dir={dir} />
    case "blockquote":
      return (
        <blockquote dir={dir}>
          <Blocks tokens={token.tokens} live={live} />
        </blockquote>
      )
    case "table":
      return <TableBlock token={token} live={live} dir={dir} />
    case "hr":
      return <hr />
    case "html":
      // Shown, not made: it is the model's text.
      return (
        <p className="md-html" dir={dir}>
          <Plain text={token.text} />
        </p>
      )
    case "text":
      return token.tokens === undefined ? <Plain text={token.text} /> : <Inline tokens={token.tokens} />
    default:
      return null
  }
})

const Blocks = ({ live, tokens }: { readonly tokens: ReadonlyArray<Token>; readonly live: boolean }) =>
  tokens.map((token, index) => <Block key={index} token={token} live={live && index === tokens.length - 1} />)

const Code = ({ live, token }: { readonly token: Tokens.Code; readonly live: boolean }) => {
  const language = (token.lang ?? "").split(/[\s,{]/, 1)[0]?.toLowerCase() ?? ""
  if (language === "mermaid") return <Diagram source={token.text} live={live} />
  return <CodeBlock text={token.text} language={language} live={live} />
}

interface ListProps extends Omit<BlockProps, "token"> {
  readonly token: Tokens.List
}

const List = ({ dir, live, token }: ListProps) => {
  const items = token.items.map((item, index) => (
    <ListItem key={index} item={item} live={live && index === token.items.length - 1} />
  ))
  if (!token.ordered) return <ul dir={dir}>{items}</ul>
  return (
    <ol dir={dir} start={typeof token.start === "number" ? token.start : 1}>
      {items}
    </ol>
  )
}

const ListItem = memo(({ item, live }: { readonly item: Tokens.ListItem; readonly live: boolean }) => (
  <li className={item.task ? "md-task" : undefined}>
    {item.task ? <input type="checkbox" checked={item.checked === true} disabled readOnly aria-label={item.text} /> : null}
    <Blocks tokens={item.tokens.filter(({ type }) => type !== "checkbox")} live={live} />
  </li>
))
