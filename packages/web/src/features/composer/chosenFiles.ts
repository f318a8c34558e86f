/**
 * What was chosen and not sent, by conversation: there again when one comes back to it, for as long as the page lives. It goes with the page, as
 * everything does when one signs out.
 */
import { Value } from "../../client/Value.ts"
import type { Attachment } from "./useAttachments.ts"

/** Conversations whose files are kept, and bytes of all of them together; the one that was left longest ago loses its files first. */
const maxConversations = 20
const maxBytes = 100_000_000

/** The one that was looked at last is the last. */
const chosen = new Map<string, Value<ReadonlyArray<Attachment>>>()

/** Those of one conversation, which is looked at now. */
export const chosenFiles = (id: string): Value<ReadonlyArray<Attachment>> => {
  const own = chosen.get(id) ?? new Value<ReadonlyArray<Attachment>>([])
  chosen.delete(id)
  for (const old of surplus()) chosen.delete(old)
  chosen.set(id, own)
  return own
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
