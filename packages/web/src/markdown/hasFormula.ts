import type { Token } from "marked"
import { isMarkedToken } from "./lexMarkdown.ts"
import { isMathToken } from "./mathSyntax.ts"

/** Whether a block is a formula, or has one in it. */
export const hasFormula = (token: Token): boolean => isMathToken(token) || within(token).some(hasFormula)

const within = (token: Token): ReadonlyArray<Token> => {
  if (!isMarkedToken(token)) return []
  switch (token.type) {
    case "list":
      return token.items
    case "table":
      return [token.header, ...token.rows].flat().flatMap(({ tokens }) => tokens)
    default:
      return "tokens" in token ? (token.tokens ?? []) : []
  }
}
