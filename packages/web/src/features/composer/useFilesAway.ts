import { parley } from "../../client/parley.ts"
import { useSnapshot } from "../../client/useSnapshot.ts"
import type { Attachments } from "./useAttachments.ts"

/** The name of a file that cannot go out now: it is uploaded, and there is no network for that. A text alone would wait. */
export const useFilesAway = ({ items }: Attachments): string | undefined => {
  const { state } = useSnapshot(parley.connection)
  return state === "offline" || state === "waiting" ? items.find(({ upload }) => upload !== undefined)?.name : undefined
}
