/** New tokens, those that are as they were by their old object, within lists and quotes too: React skips them. */
import type { Token, Tokens } from "marked"

export const withIdentity = (next: ReadonlyArray<Token>, before: ReadonlyArray<Token>): ReadonlyArray<Token> =>
  next.map((token, index) => kept(token, before[index]))

const kept = (token: Token, before: Token | undefined): Token => {
  if (before === undefined || before.type !== token.type) return token
  if (isSame(token, before)) return before
  if (isList(token) && isList(before)) {
    return { ...token, items: token.items.map((item, index) => keptItem(item, before.items[index])) }
  }
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

const keptItem = (item: Tokens.ListItem, before: Tokens.ListItem | undefined): Tokens.ListItem => {
  if (before === undefined) return item
  return isSame(item, before) ? before : { ...item, tokens: [...withIdentity(item.tokens, before.tokens)] }
}

const keptRow = (row: Array<Tokens.TableCell>, before: Array<Tokens.TableCell> | undefined): Array<Tokens.TableCell> =>
  before !== undefined && isSame(row, before) ? before : row

/**
 * In all that they hold: that they were lexed from the same text does not tell it. What comes later changes the items of a list that
 * becomes a loose one, the cells of a table whose ruler goes on, and a paragraph whose last line looked like the head of a table.
 */
const isSame = (one: unknown, other: unknown): boolean => {
  if (one === other) return true
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((value, index) => isSame(value, other[index]))
  }
  if (!isRecord(one) || !isRecord(other)) return false
  const keys = Object.keys(one)
  return keys.length === Object.keys(other).length && keys.every((key) => isSame(one[key], other[key]))
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === "object" && value !== null

const hasTokens = (token: Token): token is Token & { readonly tokens: Array<Token> } =>
  "tokens" in token && Array.isArray(token.tokens)
const isList = (token: Token): token is Tokens.List => token.type === "list"
const isTable = (token: Token): token is Tokens.Table => token.type === "table"
