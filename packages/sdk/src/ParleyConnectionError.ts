/** There was no answer, or none that can be read. */
export type ConnectionFault =
  /** No network, no such host, the socket closed, or no answer in time. */
  | "unreachable"
  /** The server does not want this client; more of the same will not help. The key is wrong or revoked, say. */
  | "refused"
  /** What came is not Parley's. */
  | "unreadable"
  /** This client was closed by its owner. */
  | "closed"

export class ParleyConnectionError extends Error {
  override readonly name = "ParleyConnectionError"
  readonly fault: ConnectionFault
  /** True when the work may have been done all the same: repeat it only under the same `clientMessageId`. */
  readonly workMayHaveHappened: boolean

  constructor(fault: ConnectionFault, message: string, options: { workMayHaveHappened?: boolean; cause?: unknown } = {}) {
    super(message, options)
    this.fault = fault
    this.workMayHaveHappened = options.workMayHaveHappened ?? false
  }
}
