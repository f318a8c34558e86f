/** What is said, as the server takes it. */
import type { NewCommand } from "../outbox/OutboxStorage.ts"
import type { AskOptions, Content, SendOptions } from "./Chat.ts"

export const partsOf = (content: Content): Exclude<Content, string> =>
  typeof content === "string" ? [{ type: "text", text: content }] : content

export const asked = ({ model, parameters }: AskOptions) => ({
  ...(model === undefined ? {} : { model }),
  ...(parameters === undefined ? {} : { parameters })
})

export const newSend = (content: Content, { model, parameters, parentId, reply }: SendOptions): NewCommand => ({
  type: "send",
  content: partsOf(content),
  ...asked({ model, parameters }),
  ...(parentId === undefined ? {} : { parentId }),
  ...(reply === undefined ? {} : { reply })
})
