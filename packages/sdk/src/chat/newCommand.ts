/** What is said, as the server takes it. */
import type { AskOptions, Content } from "./Chat.ts"

export const partsOf = (content: Content): Exclude<Content, string> =>
  typeof content === "string" ? [{ type: "text", text: content }] : content

export const asked = ({ model, parameters }: AskOptions) => ({
  ...(model === undefined ? {} : { model }),
  ...(parameters === undefined ? {} : { parameters })
})
