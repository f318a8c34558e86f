/** The runs of one conversation that this client follows or has followed. */
import type { MessageId } from "@parley/domain/Ids"
import type { FollowHost } from "../follow/FollowHost.ts"
import { RunFollower } from "./RunFollower.ts"
import type { ActiveRun, RunSnapshot } from "./RunSnapshot.ts"

export interface RunShelfOptions {
  readonly conversationId: string
  readonly host: FollowHost
  /** What a run says has changed. */
  readonly changed: (run: RunFollower) => void
}

export class RunShelf {
  readonly #options: RunShelfOptions
  /** In the order in which they were first heard of. */
  readonly #runs = new Map<string, RunFollower>()

  constructor(options: RunShelfOptions) {
    this.#options = options
  }

  get(runId: string): RunFollower | undefined {
    return this.#runs.get(runId)
  }

  readonly snapshot = (runId: string): RunSnapshot | null => this.#runs.get(runId)?.getSnapshot() ?? null

  /** The one that is followed, or a new one. */
  follow(runId: string, messageId: MessageId | null, from: "start" | "unknown"): RunFollower {
    const known = this.#runs.get(runId)
    if (known !== undefined) return known
    const { changed, conversationId, host } = this.#options
    const run: RunFollower = new RunFollower(host, { conversationId, runId, messageId, from, changed: () => changed(run) })
    this.#runs.set(runId, run)
    this.#forgetOldest()
    return run
  }

  get unfinished(): ReadonlyArray<RunFollower> {
    return [...this.#runs.values()].filter(({ isUnfinished }) => isUnfinished)
  }

  /** The answer that is being written, as far as it is known by its message. */
  get active(): ActiveRun | null {
    return this.unfinished.find(({ ref }) => ref !== null)?.ref ?? null
  }

  opened(): void {
    for (const run of this.unfinished) run.opened()
  }
  lost(): void {
    for (const run of this.unfinished) run.lost()
  }
  stop(): void {
    for (const run of this.unfinished) run.stop()
  }

  #forgetOldest(): void {
    for (const [runId, run] of this.#runs) {
      if (this.#runs.size <= this.#options.host.limits.keptRuns) return
      if (!run.isUnfinished) this.#runs.delete(runId)
    }
  }
}
