/** New tokens, those that are as they were by their old object, within lists and quotes too: React skips them. */
import type { Token, Tokens } from "marked"

export const withIdentity = (next: ReadonlyArray<Token>, before: ReadonlyArray<Token>): ReadonlyArray<Token> =>
  next.map((token, index) => kept(token, before[index]))

const kept = (token: Token, before: Token | undefined): Token => {
  if (before === undefined || before.type !== token.type) return token
  if (isList(token) && isList(before)) {
    if (token.raw === before.raw && token.loose === before.loose) return before
    return { ...token, items: token.items.map((item, index) => keptItem(item, before.items[index])) }
  }
  if (before.raw === token.raw) return before
  if (isTable(token) && isTable(before)) {
    return {
      ...token,
      header: keptRow(token.header, before.header),
      rows: token.rows.map((row, index) => keptRow(row, before.rows[index]))
    }
  }
  if (!hasTokens(token) || !hasTokens(before)) return token
  return { ...token, tokens: [...withIdentity(token.tokens, before.tokens)] }
}

/** A list that becomes a loose one changes items whose text stays. */
const keptItem = (item: Tokens.ListItem, before: Tokens.ListItem | undefined): Tokens.ListItem => {
  if (before === undefined || before.loose !== item.loose || before.checked !== item.checked) return item
  return before.raw === item.raw ? before : { ...item, tokens: [...withIdentity(item.tokens, before.tokens)] }
}

const keptRow = (row: Array<Tokens.TableCell>, before: Array<Tokens.TableCell> | undefined): Array<Tokens.TableCell> =>
  before !== undefined && row.length === before.length && row.every(({ text }, index) => text === before[index]?.text)
    ? before
    : row

const hasTokens = (token: Token): token is Token & { readonly tokens: Array<Token> } =>
  "tokens" in token && Array.isArray(token.tokens)
const isList = (token: Token): token is Tokens.List => token.type === "list"
const isTable = (token: Token): token is Tokens.Table => token.type === "table"
