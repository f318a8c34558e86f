/** One message on its way: from the moment it is written until the room tells it. */
import type { Accepted } from "@parley/domain/ConversationCommand"
import type { SendError } from "../chat/ChatState.ts"
import type { OutboxItem } from "./OutboxStorage.ts"

export type SendingStatus =
  /** Not yet kept by the storage. */
  | "storing"
  | "waiting"
  /** Asked, and not yet answered. */
  | "sending"
  | "accepted"
  | "failed"

export class Sending {
  /** The same for as long as it is shown, whatever becomes of it. */
  readonly key: string
  item: OutboxItem
  status: SendingStatus
  error: SendError | null = null
  accepted: Accepted | null = null
  attempts = 0
  /** Said and not refused: the server may have it, and the answer that is being written may be the one to it. */
  isUnsure = false
  /** The storage has it: when it is not there any more, another tab has sent it or given it up. */
  isKept = false
  readonly #watchers = new Set<() => void>()

  constructor(item: OutboxItem, status: SendingStatus) {
    this.key = item.clientMessageId
    this.item = item
    this.status = status
  }

  to(status: SendingStatus, error: SendError | null = null): void {
    this.status = status
    this.error = error
    this.look()
  }

  /** Whoever waits for it looks how it stands now. */
  look(): void {
    for (const watcher of [...this.#watchers]) watcher()
  }

  /** The server's answer; rejects when it has failed, or waits for a connection that does not come by itself. It may be asked anew. */
  settled(refusal: () => SendError | null, signal?: AbortSignal): Promise<Accepted> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (this.accepted !== null) resolve(this.accepted)
        else if (this.error !== null) reject(this.error)
        else if (refusal() !== null) reject(refusal())
        else if (signal?.aborted === true) reject(signal.reason)
        else return
        this.#watchers.delete(look)
        signal?.removeEventListener("abort", look)
      }
      this.#watchers.add(look)
      signal?.addEventListener("abort", look)
      look()
    })
  }
}
