/** One try to delete a conversation on the server. What it is that the server refuses is told. */
import type { RemovalOutcome } from "./Deletions.ts"
import { ParleyApiError } from "./sdk.ts"
import type { Parley } from "./sdk.ts"

export const removeConversation = async (
  parley: Parley,
  id: string,
  onRefused: (error: unknown) => void
): Promise<RemovalOutcome> => {
  try {
    // Also if the page goes in the same moment.
    await parley.api.conversations.remove({ id }, { keepalive: true })
    return "removed"
  } catch (error) {
    // Whoever is not known any more may be known again: then it is carried out.
    if (!(error instanceof ParleyApiError) || error.retry !== "never" || error.status === 401) return "later"
    if (error.status === 404) return "removed"
    onRefused(error)
    return "refused"
  }
}
