/** What was chosen and not sent, by conversation: there again when one comes back to it, and after a reload what the device keeps of it. */
import { chosenOnDevice } from "../../client/chosenOnDevice.ts"
import { Value } from "../../client/Value.ts"
import type { Attachment } from "./useAttachments.ts"

/** Conversations whose files the page holds, and bytes of all of them together; the one that was left longest ago loses those that the device does not keep. */
const maxConversations = 20
const maxBytes = 100_000_000

/** The one that was looked at last is the last. */
const chosen = new Map<string, Value<ReadonlyArray<Attachment>>>()

/** Those of one conversation, which is looked at now. */
export const chosenFiles = (id: string): Value<ReadonlyArray<Attachment>> => {
  const known = chosen.get(id)
  const own = known ?? new Value<ReadonlyArray<Attachment>>([])
  // Where the device cannot be read nothing was kept.
  if (known === undefined) void addKept(id, own).catch(() => {})
  chosen.delete(id)
  for (const old of surplus()) chosen.delete(old)
  chosen.set(id, own)
  return own
}

/** Before what was chosen meanwhile, which the device may have by now, too. */
const addKept = async (id: string, own: Value<ReadonlyArray<Attachment>>): Promise<void> => {
  const kept = (await chosenOnDevice(id)).map(([fileId, { name, part, upload }]): Attachment => {
    const preview = part?.type === "image" ? part.url : undefined
    return { id: fileId, name, part, upload, preview }
  })
  own.update((before) => [...kept.filter((file) => before.every((other) => other.id !== file.id)), ...before])
}

/** Conversations whose files make room, without those that have none. */
const surplus = (): ReadonlyArray<string> => {
  let conversations = 1
  let bytes = 0
  return [...chosen].toReversed().flatMap(([id, files]) => {
    const present = files.getSnapshot()
    if (present.length > 0) conversations++
    bytes += present.reduce((sum, file) => sum + bytesOf(file), 0)
    return present.length === 0 || conversations > maxConversations || bytes > maxBytes ? [id] : []
  })
}

const bytesOf = ({ preview = "", upload }: Attachment): number => (upload?.size ?? 0) + preview.length
