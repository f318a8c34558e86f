/**
 * The tokens of a text that grows. Blocks that nothing to come can change are lexed once and keep their identity, so that only the last
 * block is lexed and rendered again. For every way of cutting the text into pieces the tokens are those of the whole text.
 */
import type { Token } from "marked"
import { holdTail } from "./holdTail.ts"
import { isInFence } from "./isInFence.ts"
import { lexMarkdown } from "./lexMarkdown.ts"
import { mendTail } from "./mendTail.ts"
import { withIdentity } from "./withIdentity.ts"

export class MarkdownStream {
  /** Text of the finished blocks; what has been given begins with it. */
  #done = ""
  #blocks: Array<Token> = []
  #tail: ReadonlyArray<Token> = []
  /** Whether the whole lines above the last one end within a block of code: looked at once a line. */
  #fence = { above: "", isOpen: false }

  /**
   * `open`: more is to come, so the end is shown as if what it has begun were closed. `held`: what may still change its look is left out, so
   * that everything that is shown stays as it is.
   */
  update(given: string, open = false, held = false): ReadonlyArray<Token> {
    const text = given.includes("\r") ? given.replace(/\r\n|\r/g, "\n") : given
    if (!text.startsWith(this.#done)) this.#restart()
    const rest = text.slice(this.#done.length)
    const tokens = lexMarkdown(open ? this.#shown(rest, held) : rest)
    // A definition may change any block before it: such a text, rare from models, is lexed as a whole each time.
    if (Object.keys(tokens.links).length > 0) {
      this.#restart()
      return lexMarkdown(open ? this.#shown(text, held) : text)
    }
    const finished = open ? finishedCount(tokens) : 0
    for (const token of withIdentity(tokens.slice(0, finished), this.#tail)) {
      this.#blocks.push(token)
      this.#done += token.raw
    }
    this.#tail = withIdentity(tokens.slice(finished), this.#tail.slice(finished))
    return [...this.#blocks, ...this.#tail]
  }

  #shown(rest: string, held: boolean): string {
    const text = withoutHalfCharacter(rest)
    const above = text.slice(0, text.lastIndexOf("\n") + 1)
    if (this.#fence.above !== above) this.#fence = { above, isOpen: isInFence(above) }
    const { isOpen } = this.#fence
    const shown = held ? holdTail(text, isOpen) : text
    return mendTail(shown, isOpen)
  }

  #restart(): void {
    this.#done = ""
    this.#blocks = []
    this.#tail = []
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
    if (token.type !== "space" && endsBlank(before.raw, before.type) && after.includes("\n")) return index
  }
  return 0
}

/** White space with one end of a line is what a list's own line ended with, not a blank one. */
const endsBlank = (raw: string, type: string): boolean =>
  type === "space" ? raw.indexOf("\n") < raw.lastIndexOf("\n") : raw.endsWith("\n\n")

/** A pair of surrogates may be cut by a frame. */
const withoutHalfCharacter = (text: string): string => {
  const last = text.charCodeAt(text.length - 1)
  return last >= 0xd800 && last <= 0xdbff ? text.slice(0, -1) : text
}
