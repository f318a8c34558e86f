/**
 * Files of messages that wait to be sent, kept on this device until there is a network to upload them by. In the message each stands as a file part
 * whose id is only this device's; it is replaced by the uploaded one's before the message goes out.
 */
import { inStore } from "./database.ts"
import { ParleyApiError, ParleyConnectionError, ParleyOutboxError } from "./sdk.ts"
import type { OutboxItem, OutboxStorage, Parley, UserContent } from "./sdk.ts"

type FilePart = Extract<UserContent[number], { readonly type: "file" }>
type Upload = Parley["upload"]

interface KeptFile {
  readonly file: File
  /** When it was kept, in Unix milliseconds. */
  readonly atMs: number
}

/** Of all messages that wait together. */
const maxFiles = 50
const maxBytes = 100_000_000
/** One that no message names for so long is left over: of a message that was given up, and is not taken back any more. */
const leftOverAfterMs = 3_600_000

const keyPrefix = "file "
const localPrefix = "local:"

/** It is not uploaded yet. */
export const isLocal = ({ attachmentId }: FilePart): boolean => attachmentId.startsWith(localPrefix)

/** There is no connection: what is sent waits. */
export const isAway = ({ connection }: Parley): boolean => {
  const { state } = connection.getSnapshot()
  return state === "offline" || state === "waiting"
}

/** Keeps all of them, or throws a `ParleyOutboxError` and keeps none. */
export const keepFiles = async (files: ReadonlyArray<File>): Promise<ReadonlyArray<FilePart>> => {
  if (files.length === 0) return []
  const parts = files.map(({ name, size, type }): FilePart => ({
    type: "file",
    attachmentId: localPrefix + crypto.randomUUID(),
    name,
    contentType: type,
    bytes: size
  }))
  try {
    const sizes = [...(await removeLeftOver()), ...files.map(({ size }) => size)]
    if (sizes.length > maxFiles || sizes.reduce((sum, size) => sum + size, 0) > maxBytes)
      throw new ParleyOutboxError("outbox-full", "as many files wait as may")
    const atMs = Date.now()
    for (const [index, part] of parts.entries()) {
      const kept = { file: files[index], atMs }
      await inStore("kept", "readwrite", (store) => store.put(kept, keyPrefix + part.attachmentId))
    }
  } catch (cause) {
    for (const { attachmentId } of parts) await removeFile(attachmentId).catch(() => {})
    if (cause instanceof ParleyOutboxError) throw cause
    throw new ParleyOutboxError("storage-full", "the files could not be kept on this device", { cause })
  }
  return parts
}

/** For the client library: the message with its files uploaded, which it is from then on wherever it waits. */
export const withFilesUploaded =
  (outbox: OutboxStorage, upload: Upload) =>
  async (item: OutboxItem): Promise<OutboxItem> => {
    const { command, conversationId } = item
    if (command.type === "regenerate") return item
    const local = command.content.flatMap((part) => (part.type === "file" && isLocal(part) ? [part] : []))
    if (local.length === 0) return item
    const uploaded = new Map<string, FilePart>()
    for (const { attachmentId, name } of local) {
      uploaded.set(attachmentId, await upload({ conversationId, name, content: await keptFile(attachmentId) }))
    }
    const [first, ...others] = command.content.map((part) =>
      part.type === "file" ? (uploaded.get(part.attachmentId) ?? part) : part
    )
    if (first === undefined) return item
    const ready: OutboxItem = { ...item, command: { ...command, content: [first, ...others] } }
    // Where that fails, they are uploaded again should the message have to be sent again.
    await renew(outbox, ready)
      .then(() => Promise.all(local.map(({ attachmentId }) => removeFile(attachmentId))))
      .catch(() => {})
    return ready
  }

/** Nobody has discarded it meanwhile, nor signed out: then it stays away. */
const renew = async (outbox: OutboxStorage, item: OutboxItem): Promise<void> => {
  const kept = await outbox.load()
  if (kept.some(({ clientMessageId }) => clientMessageId === item.clientMessageId)) await outbox.put(item)
}

const keptFile = async (id: string): Promise<File> => {
  const kept = await inStore<KeptFile | undefined>("kept", "readonly", (store) => store.get(keyPrefix + id)).catch(
    (cause: unknown) => {
      throw new ParleyConnectionError("unreachable", "the file could not be read on this device", { cause })
    }
  )
  if (kept !== undefined) return kept.file
  const gone = { code: "not_found", message: "the file is not on this device any more", status: 0, requestId: "" } as const
  throw new ParleyApiError({ ...gone, retry: "never" })
}

const removeFile = (id: string): Promise<unknown> => inStore("kept", "readwrite", (store) => store.delete(keyPrefix + id))

/** Gives back the sizes of those that stay. */
const removeLeftOver = async (): Promise<ReadonlyArray<number>> => {
  const keys = await inStore("kept", "readonly", (store) => store.getAllKeys())
  const waiting = JSON.stringify(await inStore<Array<OutboxItem>>("outbox", "readonly", (store) => store.getAll()))
  const sizes: Array<number> = []
  for (const key of keys) {
    if (typeof key !== "string" || !key.startsWith(keyPrefix)) continue
    const id = key.slice(keyPrefix.length)
    const kept = await inStore<KeptFile | undefined>("kept", "readonly", (store) => store.get(key))
    if (kept === undefined) continue
    if (waiting.includes(id) || Date.now() - kept.atMs < leftOverAfterMs) sizes.push(kept.file.size)
    else await removeFile(id)
  }
  return sizes
}
