/**
 * Files of messages that wait to be sent, kept on this device until there is a network to upload them by. In the message each stands as a file part
 * whose id is only this device's; it is replaced by the uploaded one's before the message goes out.
 */
import { inStore } from "./database.ts"
import { keptItems, type SharedOutbox } from "./indexedDbOutbox.ts"
import { isOffline } from "./isOffline.ts"
import { ParleyApiError, ParleyConnectionError, ParleyOutboxError } from "./sdk.ts"
import type { OutboxItem, Parley, UserContent } from "./sdk.ts"

type FilePart = Extract<UserContent[number], { readonly type: "file" }>
type Upload = Parley["upload"]

interface KeptFile {
  readonly file: File
  /** When it was first seen that no message names it, in Unix milliseconds. */
  readonly leftAtMs?: number
}

/** Of all messages that wait together; of all that is chosen and not sent, as much again. */
export const maxFiles = 50
export const maxBytes = 100_000_000
/** One that no message names for so long, or whose room is wanted, is left over: of a message that was given up, and is hardly taken back any more. */
const leftOverAfterMs = 3_600_000

const keyPrefix = "file "
const localPrefix = "local:"

/** It is not uploaded yet. */
export const isLocal = ({ attachmentId }: FilePart): boolean => attachmentId.startsWith(localPrefix)

/** There is no connection: what is sent waits. */
export const isAway = (parley: Parley): boolean => isOffline(parley) || parley.connection.getSnapshot().state === "waiting"

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
    await makeRoom(files)
    for (const [index, part] of parts.entries()) {
      const kept = { file: files[index] }
      await inStore("kept", "readwrite", (store) => store.put(kept, keyPrefix + part.attachmentId))
    }
  } catch (cause) {
    for (const { attachmentId } of parts) await removeFile(attachmentId).catch(() => {})
    if (cause instanceof ParleyOutboxError) throw cause
    throw new ParleyOutboxError("storage-full", "the files could not be kept on this device", { cause })
  }
  return parts
}

/** For the client library: the message with its files uploaded, which it is from then on wherever it waits. One tab at a time uploads a message's. */
export const withFilesUploaded =
  (outbox: SharedOutbox, upload: Upload) =>
  (item: OutboxItem): OutboxItem | Promise<OutboxItem> =>
    localIn(item).length === 0 ? item : alone(item.clientMessageId, () => uploaded(outbox, upload, item))

const uploaded = async (outbox: SharedOutbox, upload: Upload, given: OutboxItem): Promise<OutboxItem> => {
  const { clientMessageId, conversationId } = given
  // Another tab may have uploaded some, or have sent it.
  const kept = await keptItem(outbox, clientMessageId)
  let item = kept ?? given
  for (const part of localIn(item)) {
    const content = await keptFile(part.attachmentId)
    if (content === undefined) {
      if (kept !== undefined) throw fileGone()
      setTimeout(outbox.look)
      throw new ParleyConnectionError("closed", "another tab has sent or discarded the message")
    }
    item = withPart(item, part, await upload({ conversationId, name: part.name, content }))
    // Where that fails, it is uploaded again should the message have to be sent again.
    await renew(outbox, item)
      .then(() => removeFile(part.attachmentId))
      .catch(() => {})
  }
  return item
}

const localIn = ({ command }: OutboxItem): ReadonlyArray<FilePart> =>
  command.type === "regenerate" ? [] : command.content.flatMap((part) => (part.type === "file" && isLocal(part) ? [part] : []))

const withPart = (item: OutboxItem, local: FilePart, part: FilePart): OutboxItem => {
  const { command } = item
  if (command.type === "regenerate") return item
  const [first, ...others] = command.content.map((other) => (other === local ? part : other))
  return first === undefined ? item : { ...item, command: { ...command, content: [first, ...others] } }
}

/** Browsers have no locks where the app comes over plain HTTP. */
const alone = <A>(name: string, run: () => Promise<A>): Promise<A> =>
  "locks" in navigator ? navigator.locks.request<Promise<A>>(`parley.upload ${name}`, run) : run()

const keptItem = async (outbox: SharedOutbox, id: string): Promise<OutboxItem | undefined> =>
  (await outbox.load().catch(() => [])).find(({ clientMessageId }) => clientMessageId === id)

/** Nobody has discarded it meanwhile, nor signed out: then it stays away. */
const renew = async (outbox: SharedOutbox, item: OutboxItem): Promise<void> => {
  if ((await keptItem(outbox, item.clientMessageId)) !== undefined) await outbox.put(item)
}

const fileGone = () =>
  new ParleyApiError({
    code: "file_gone",
    message: "the file is not on this device any more",
    status: 0,
    requestId: "",
    retry: "never"
  })

/** Undefined when it is not there. */
const keptFile = async (id: string): Promise<File | undefined> => {
  const kept = await inStore<KeptFile | undefined>("kept", "readonly", (store) => store.get(keyPrefix + id)).catch(
    (cause: unknown) => {
      throw new ParleyConnectionError("unreachable", "the file could not be read on this device", { cause })
    }
  )
  return kept?.file
}

const removeFile = (id: string): Promise<unknown> => inStore("kept", "readwrite", (store) => store.delete(keyPrefix + id))

/** Removes what is left over; throws where what messages name leaves no room for these. */
const makeRoom = async (files: ReadonlyArray<File>): Promise<void> => {
  const { left, named } = await keptFiles()
  const wanted = [...named, ...files]
  if (wanted.length > maxFiles || bytesOf(wanted) > maxBytes)
    throw new ParleyOutboxError("outbox-full", "as many files wait as may")
  let count = wanted.length + left.length
  let bytes = bytesOf(wanted) + bytesOf(left)
  for (const { id, leftAtMs, size } of left) {
    if (Date.now() - leftAtMs < leftOverAfterMs && count <= maxFiles && bytes <= maxBytes) continue
    await removeFile(id)
    count--
    bytes -= size
  }
}

const bytesOf = (files: ReadonlyArray<{ readonly size: number }>): number => files.reduce((sum, { size }) => sum + size, 0)

/** Those that a waiting message names, and those that none does, whose message may still be taken back: the longest left first. */
const keptFiles = async () => {
  const keys = await inStore("kept", "readonly", (store) => store.getAllKeys())
  const waiting = JSON.stringify(await keptItems())
  const named: Array<{ readonly size: number }> = []
  const left: Array<{ readonly id: string; readonly size: number; readonly leftAtMs: number }> = []
  for (const key of keys) {
    if (typeof key !== "string" || !key.startsWith(keyPrefix)) continue
    const id = key.slice(keyPrefix.length)
    const kept = await inStore<KeptFile | undefined>("kept", "readonly", (store) => store.get(key))
    if (kept === undefined) continue
    const { file, leftAtMs } = kept
    const isNamed = waiting.includes(id)
    const since = isNamed ? undefined : (leftAtMs ?? Date.now())
    if (since !== leftAtMs) {
      const noted: KeptFile = since === undefined ? { file } : { file, leftAtMs: since }
      await inStore("kept", "readwrite", (store) => store.put(noted, key))
    }
    if (since === undefined) named.push(file)
    else left.push({ id, size: file.size, leftAtMs: since })
  }
  return { named, left: left.sort((a, b) => a.leftAtMs - b.leftAtMs) }
}
