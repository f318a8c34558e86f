/** A conversation that nobody named is named by what was said in it first. Beside the turn, so that the answer does not wait for it. */
import { Clock, Effect } from "effect"
import type { UserContent } from "@parley/domain/Content"
import { textOf } from "@parley/domain/Content"
import { untitled } from "@parley/domain/Conversations"
import type { ConversationHost } from "./ConversationHost.ts"
import { tellRoom } from "./tellRoom.ts"

/** Longest title that is made, in UTF-16 code units. */
const maxTitleLength = 80

/** The first line that says something, without the signs of Markdown; where nothing was said, a file's name; undefined when there is none. */
export const titleOf = (content: UserContent): string | undefined => firstLine(textOf(content)) ?? nameOfFile(content)

const nameOfFile = (content: UserContent): string | undefined => {
  const file = content.find((part) => part.type === "file")
  return file?.type === "file" ? firstLine(file.name) : undefined
}

const firstLine = (text: string): string | undefined => {
  for (const line of text.split(/[\r\n\u2028\u2029]+/u)) {
    if (fence.test(line)) continue
    const plain = line.replace(unseen, " ").replace(/\s+/gu, " ").trim()
    const said = cutAt(plain, maxLineLength)
      .replace(emphasis, "$2")
      .replace(/^[\s#>*`~-]+/u, "")
      .trim()
    if (!/[^\p{C}\s]/u.test(said)) continue
    return said.length <= maxTitleLength ? said : `${cutAt(said, maxTitleLength - 1).trimEnd()}…`
  }
  return undefined
}

/** As much of a line is looked at, in UTF-16 code units: what looks for marks that belong together takes the square of it. */
const maxLineLength = 5 * maxTitleLength

/** Begins or ends a block of code, in a quotation too. */
const fence = /^[\s>]*(?:`{3,}[^`]*|~{3,}.*)$/u

/** Control and format characters, but not the joiners: they make one picture of several, and letters of some scripts what they are. */
const unseen = /(?:(?![\u200c\u200d])\p{C})+/gu

/** Marks of Markdown about words, and these words. Within a word, or beside white space, they are none: `2 * 3 * 4`, `snake_case`, `__init__.py`. */
const emphasis = /(?<![\p{L}\p{N}\\*_~`])(\*{1,3}|_{1,3}|~~|`+)(?![\s*_~`])(.*?[^\s*_~`])\1(?![\p{L}\p{N}*_~`(]|\.\p{L})/gu

/** Never half of a surrogate pair, and without a joiner that joins nothing any more. */
const cutAt = (text: string, length: number): string =>
  text.length <= length
    ? text
    : text
        .slice(0, length)
        .toWellFormed()
        .replace(/[\u200d\uFFFD]+$/u, "")

/** Told to the room like any other change of the conversation. One that fails is made up for by the next message. */
export const giveTitle = (host: ConversationHost, content: UserContent): void => {
  const title = titleOf(content)
  if (title === undefined) return
  const give = host.write((live) =>
    live.conversation.title === untitled
      ? Effect.flatMap(host.services.store.update(host.key, { title }), ({ roomEvents }) =>
          Effect.map(Clock.currentTimeMillis, (nowMs) => tellRoom(host, live, roomEvents, nowMs))
        ).pipe(Effect.uninterruptible)
      : Effect.void
  )
  host.fork(Effect.catch(give, (error) => Effect.logDebug("A conversation got no title", error)))
}
