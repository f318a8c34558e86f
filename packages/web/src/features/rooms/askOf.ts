import type { UserContent } from "../../client/sdk.ts"

export interface Ask {
  readonly content: UserContent
  readonly model?: string
  readonly reply?: false
}

/** `@` and a model's full id, as the list of suggestions writes it. */
const mention = /(?:^|\s)@([a-z0-9-]+\/[\w.:/-]*\w)/i

/** Among several people a model answers only when it is called by name; alone it always does. */
export const askOf = (content: UserContent, isRoom: boolean): Ask => {
  for (const part of content) {
    const model = part.type === "text" ? mention.exec(part.text)?.[1] : undefined
    if (model !== undefined) return { content, model }
  }
  return isRoom ? { content, reply: false } : { content }
}
