import type { Parley, UserContent } from "../../client/sdk.ts"
import type { ComposedMessage } from "./Composer.tsx"

/** The message with the parts of its files, which the conversation has then. Rejected when one of them is refused: nothing is sent. */
export const withUploads = async (parley: Parley, conversationId: string, message: ComposedMessage): Promise<UserContent> => {
  const files = await Promise.all(
    message.uploads.map((file) => parley.upload({ conversationId, name: file.name, content: file }))
  )
  const [first, ...others] = [...files, ...message.parts]
  if (first === undefined) throw new Error("an empty message")
  return [first, ...others]
}
