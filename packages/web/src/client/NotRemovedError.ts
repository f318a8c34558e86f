/** What somebody else left on this device is still there, and cannot be removed: whoever came in after them is not let in. */
export class NotRemovedError extends Error {
  override readonly name = "NotRemovedError"
}
