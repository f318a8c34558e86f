import type { UserContent } from "../../client/sdk.ts"

export interface Ask {
  readonly content: UserContent
  readonly model?: string
  readonly reply?: false
}

/**
 * Among several people a model answers only when it is called by name; alone it always does. `models` are the ids that can be called: an `@` before
 * anything else, the name of a package say, calls nobody.
 */
export const askOf = (content: UserContent, isRoom: boolean, models: ReadonlyArray<string>): Ask => {
  const longestFirst = models.toSorted((a, b) => b.length - a.length)
  for (const part of content) {
    const model = part.type === "text" ? calledIn(part.text, longestFirst) : undefined
    if (model !== undefined) return { content, model }
  }
  return isRoom ? { content, reply: false } : { content }
}

/** The first one that is called: `@` at the beginning or after white space, and a whole id. */
const calledIn = (text: string, longestFirst: ReadonlyArray<string>): string | undefined => {
  for (const { 0: sign, index } of text.matchAll(/(?<!\S)@/g)) {
    const said = text.slice(index + sign.length)
    const model = longestFirst.find(
      (id) => said.slice(0, id.length).toLowerCase() === id.toLowerCase() && endsIn(said, id.length)
    )
    if (model !== undefined) return model
  }
  return undefined
}

/** What follows may end a sentence, and does not go on with a longer name. */
const endsIn = (said: string, at: number): boolean => !/^(?:[\p{L}\p{N}_-]|[./:@][\p{L}\p{N}_])/u.test(said.slice(at, at + 2))
