/**
 * The tokens of a text that grows. Blocks that nothing to come can change are lexed once and keep their identity, so that only the last
 * block is lexed and rendered again. For every way of cutting the text into pieces the tokens are those of the whole text.
 */
import type { Token } from "marked"
import { lexMarkdown } from "./lexMarkdown.ts"
import { mendTail } from "./mendTail.ts"

export class MarkdownStream {
  /** Text of the finished blocks; what has been given begins with it. */
  #done = ""
  #blocks: Array<Token> = []
  #tail: Array<Token> = []

  /** `open`: more is to come, so the end is shown as if what it has begun were closed. */
  update(given: string, open = false): ReadonlyArray<Token> {
    const text = given.includes("\r") ? given.replace(/\r\n|\r/g, "\n") : given
    if (!text.startsWith(this.#done)) this.#restart()
    const rest = text.slice(this.#done.length)
    const tokens = lexMarkdown(open ? mendTail(rest) : rest)
    // A definition may change any block before it: such a text, rare from models, is lexed as a whole each time.
    if (Object.keys(tokens.links).length > 0) {
      this.#restart()
      return lexMarkdown(open ? mendTail(text) : text)
    }
    const finished = open ? finishedCount(tokens) : 0
    for (const token of tokens.slice(0, finished)) {
      this.#blocks.push(this.#sameInTail(token))
      this.#done += token.raw
    }
    this.#tail = withIdentity(tokens.slice(finished), this.#tail)
    return [...this.#blocks, ...this.#tail]
  }

  #restart(): void {
    this.#done = ""
    this.#blocks = []
    this.#tail = []
  }

  #sameInTail(token: Token): Token {
    return this.#tail.find((other) => isSame(other, token)) ?? token
  }
}

/**
 * How many tokens stand: all before the last one that follows a blank line, once its first line is complete. Without a blank line a
 * later line may still join two blocks (a table's ruler, an underlined heading); with half a line a list may still go on.
 */
const finishedCount = (tokens: ReadonlyArray<Token>): number => {
  let after = ""
  for (let index = tokens.length - 1; index > 0; index--) {
    const token = tokens[index]
    const before = tokens[index - 1]
    if (token === undefined || before === undefined) return 0
    after = token.raw + after
    const follows = before.type === "space" || before.raw.endsWith("\n\n")
    if (token.type !== "space" && follows && after.includes("\n")) return index
  }
  return 0
}

const isSame = (a: Token, b: Token): boolean => a.type === b.type && a.raw === b.raw

/** The new tokens, those that are as they were by their old object: React skips them. */
const withIdentity = (next: ReadonlyArray<Token>, previous: ReadonlyArray<Token>): Array<Token> =>
  next.map((token, index) => {
    const before = previous[index]
    return before !== undefined && isSame(before, token) ? before : token
  })
