/** What changes in the person's list of conversations: asked for while somebody listens, and anew on every connection. */
import type { ListChange } from "@parley/domain/Notices"
import type { FollowHost } from "../follow/FollowHost.ts"
import type { OnListChange } from "./OnListChange.ts"

export class FollowedList {
  readonly #host: FollowHost
  readonly #listeners = new Set<OnListChange>()

  constructor(host: FollowHost) {
    this.#host = host
  }

  add(listener: OnListChange): () => void {
    const entry: OnListChange = (change) => listener(change)
    this.#listeners.add(entry)
    if (this.#listeners.size === 1) this.opened()
    return () => void this.#listeners.delete(entry)
  }

  opened(): void {
    const { ask, isOpen, onError } = this.#host
    if (this.#listeners.size === 0 || !isOpen()) return
    // What happened before is not told.
    ask({ type: "follow-list" }).then(() => this.tell({ type: "all" }), onError)
  }

  tell(change: ListChange): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(change)
      } catch (error) {
        this.#host.onError(error)
      }
    }
  }
}
