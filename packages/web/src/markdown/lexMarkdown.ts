/** Text to tokens. The grammar is GitHub's, with `$…$`, `$$…$$`, `\(…\)` and `\[…\]` for mathematics. */
import { Lexer, Marked, type MarkedToken, type Token, type TokensList } from "marked"
import { mathExtensions } from "./mathSyntax.ts"

/** A run of inline text longer than this is shown as it is: emphasis in it would cost seconds. In UTF-16 code units. */
export const maxInlineLength = 20_000

const dialect = new Marked({
  gfm: true,
  breaks: false,
  extensions: mathExtensions,
  tokenizer: {
    /**
     * What stands above a quote within a list says nothing of what is in the quote. Marked (18.2.1) asks it all the same when a lazy line
     * goes on with a list in the quote, and throws: "- one\n  > 2. two\nlazy".
     */
    blockquote(source) {
      if (/^ {0,3}>/.test(source)) delete this.lexer.state.lastToken
      // As marked does it.
      return false
    }
  }
})

export const lexMarkdown = (text: string): TokensList => {
  const lexer = new Lexer(dialect.defaults)
  lexer.blockTokens(text, lexer.tokens)
  for (const { src, tokens } of lexer.inlineQueue) {
    if (src.length > maxInlineLength) tokens.push({ type: "text", raw: src, text: src, escaped: false })
    else {
      // A tag that is left open ends with its block: otherwise it would stand in the way of links for the rest of the text, and what a
      // block becomes would depend on those that were lexed with it.
      lexer.state.inLink = false
      lexer.state.inRawBlock = false
      lexer.inlineTokens(src, tokens)
    }
  }
  return lexer.tokens
}

const known: ReadonlySet<string> = new Set<MarkedToken["type"]>([
  "blockquote",
  "br",
  "checkbox",
  "code",
  "codespan",
  "def",
  "del",
  "em",
  "escape",
  "heading",
  "hr",
  "html",
  "image",
  "link",
  "list",
  "list_item",
  "paragraph",
  "space",
  "strong",
  "table",
  "text"
])

/** Everything but mathematics. */
export const isMarkedToken = (token: Token): token is MarkedToken => known.has(token.type)
