/** Tells the server how far each run was applied: cumulatively, on a timer and after so many bytes, so that it never waits for us in vain. */
import type { FollowHost } from "../follow/FollowHost.ts"
import type { RunFollower } from "./RunFollower.ts"

export class Acks {
  readonly #host: FollowHost
  /** Length received since the last acknowledgement, of runs that owe one. */
  readonly #owed = new Map<RunFollower, number>()
  #stopTimer: (() => void) | undefined

  constructor(host: FollowHost) {
    this.#host = host
  }

  received(run: RunFollower, length: number): void {
    const { limits, platform } = this.#host
    const owed = (this.#owed.get(run) ?? 0) + length
    if (owed >= limits.ackEveryBytes) return this.#send(run)
    this.#owed.set(run, owed)
    this.#stopTimer ??= platform.after(limits.ackEveryMs, () => {
      this.#stopTimer = undefined
      for (const one of [...this.#owed.keys()]) this.#send(one)
    })
  }

  /** Again, in case the server waits for one that it never got. */
  repeat(runs: ReadonlyArray<RunFollower>): void {
    for (const run of runs) if (run.seq > 0) this.#send(run)
  }

  /** The connection is gone: the next one begins with questions that say as much. */
  lost(): void {
    this.#stopTimer?.()
    this.#stopTimer = undefined
    this.#owed.clear()
  }

  #send(run: RunFollower): void {
    this.#owed.delete(run)
    this.#host.tell({ type: "ack", conversationId: run.conversationId, runId: run.id, seq: run.seq })
  }
}
