/** A message could not be kept for sending. What was taken before is not touched. */
export type OutboxFault =
  /** The storage refused it: there is no room left on the device. */
  | "storage-full"
  /** As many messages wait as may (`limits.outboxItems`). */
  | "outbox-full"
  /** It waited for longer than the server remembers `clientMessageId`s: sending it now could double it. `retry()` sends it anew. */
  | "expired"

export class ParleyOutboxError extends Error {
  override readonly name = "ParleyOutboxError"
  readonly fault: OutboxFault

  constructor(fault: OutboxFault, message: string, options: { cause?: unknown } = {}) {
    super(message, options)
    this.fault = fault
  }
}
