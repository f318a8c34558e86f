/** Where mathematics begins and ends. Dollars count only when they cannot be prices: no space inside, no digit after. */
import type { Token, TokenizerExtension } from "marked"

export interface MathToken {
  readonly type: "math"
  readonly raw: string
  readonly tex: string
  readonly display: boolean
}

export const isMathToken = (token: Token): token is Token & MathToken => token.type === "math"

const inlineRules: ReadonlyArray<{ readonly rule: RegExp; readonly display: boolean }> = [
  { rule: /^\$\$([^$\n]+?)\$\$/, display: true },
  { rule: /^\$(?![\s$])((?:\\.|[^\\$\n])*?(?:\\.|[^\s\\$]))\$(?!\d)/, display: false },
  { rule: /^\\\((.+?)\\\)/, display: false },
  { rule: /^\\\[(.+?)\\\]/, display: true }
]

/** A blank line ends it, closed or not: what follows never changes what stands. */
const blockRules = [
  /^ {0,3}\$\$((?:(?!\n[ \t]*\n)[^$])+?)\$\$[ \t]*(?:\n|$)/,
  /^ {0,3}\\\[((?:(?!\n[ \t]*\n)[\s\S])+?)\\\][ \t]*(?:\n|$)/
]

/** Longest formula that is looked for, in UTF-16 code units. */
const maxTexLength = 4_000

const inline: TokenizerExtension = {
  name: "math",
  level: "inline",
  start: (source) => {
    const at = source.search(/\$|\\[([]/)
    return at < 0 ? undefined : at
  },
  tokenizer: (source) => {
    const near = source.slice(0, maxTexLength)
    for (const { display, rule } of inlineRules) {
      const match = rule.exec(near)
      if (match?.[1] !== undefined) return { type: "math", raw: match[0], tex: match[1], display }
    }
    return undefined
  }
}

const block: TokenizerExtension = {
  name: "math",
  level: "block",
  tokenizer: (source) => {
    const near = source.slice(0, maxTexLength)
    for (const rule of blockRules) {
      const match = rule.exec(near)
      if (match?.[1] !== undefined) return { type: "math", raw: match[0], tex: match[1], display: true }
    }
    return undefined
  }
}

export const mathExtensions: Array<TokenizerExtension> = [block, inline]
