/** What a person holds of a message that is on its way. */
import type { Outbox } from "../outbox/Outbox.ts"
import type { Sending } from "../outbox/Sending.ts"
import type { Run } from "../run/Run.ts"
import type { Sent } from "./Chat.ts"
import type { SendError } from "./ChatState.ts"

export const sentOf = (
  sending: Sending,
  outbox: Outbox,
  refusal: () => SendError | null,
  runOf: (runId: string) => Run
): Sent => ({
  key: sending.key,
  accepted: async ({ signal } = {}) => {
    const { messageId, run } = await sending.settled(refusal, signal)
    return { messageId, run: run === null ? null : runOf(run.runId) }
  },
  retry: () => outbox.retry(sending),
  discard: () => outbox.discard(sending)
})
