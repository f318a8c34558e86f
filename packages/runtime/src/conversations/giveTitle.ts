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
    const said = line
      .replace(/\p{C}+/gu, " ")
      .replace(/^[\s#>*`~-]+/u, "")
      .replace(/\s+/gu, " ")
      .trim()
    if (said === "") continue
    if (said.length <= maxTitleLength) return said
    const cut = said
      .slice(0, maxTitleLength - 1)
      .toWellFormed()
      .replace(/\uFFFD$/u, "")
    return `${cut.trimEnd()}…`
  }
  return undefined
}

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
