import { isAway, keepFiles } from "../../client/filesToSend.ts"
import { uploadFile } from "../../client/uploadFile.ts"
import { ParleyConnectionError, type Parley, type UserContent } from "../../client/sdk.ts"
import type { ComposedMessage } from "./Composer.tsx"

type FilePart = Awaited<ReturnType<Parley["upload"]>>

/**
 * The message with the parts of its files, which the conversation has then; without a network they are kept on this device, and uploaded before the message
 * goes out. Rejected when one of them is refused, or cannot be kept: nothing is sent. `make` makes the conversation where files are to be given to one that
 * is not there yet.
 */
export const withUploads = async (
  parley: Parley,
  conversationId: string,
  message: ComposedMessage,
  make: () => Promise<unknown> = async () => {}
): Promise<UserContent> => {
  const { parts, uploads } = message
  const files = isAway(parley) ? await keepFiles(uploads) : await uploaded(parley, conversationId, uploads, make)
  const [first, ...others] = [...files, ...parts]
  if (first === undefined) throw new Error("an empty message")
  return [first, ...others]
}

const uploaded = async (parley: Parley, conversationId: string, files: ReadonlyArray<File>, make: () => Promise<unknown>) => {
  if (files.length === 0) return []
  try {
    await make()
    // One by one: each has the line for itself within its time.
    const parts: Array<FilePart> = []
    for (const file of files) parts.push(await uploadFile(parley, { conversationId, name: file.name, content: file }))
    return parts
  } catch (error) {
    if (isWithoutNetwork(error)) return keepFiles(files)
    throw error
  }
}

/** The network was gone before that was known. One that takes no more of the file, or is too slow for it, is told: it would be so again. */
const isWithoutNetwork = (error: unknown): boolean =>
  error instanceof ParleyConnectionError &&
  error.fault === "unreachable" &&
  !(error.cause instanceof Error && error.cause.name === "AbortError")
