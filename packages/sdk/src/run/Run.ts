/** One answer while it is written, and after. */
import type { RunTerminal } from "@parley/domain/RunEvent"
import type { RunState } from "@parley/domain/RunFrame"
import type { CallOptions } from "../http/HttpCaller.ts"
import type { Store } from "../Store.ts"
import type { RunSnapshot, RunUpdate } from "./RunSnapshot.ts"

export type FinishedRun = RunState & { readonly terminal: RunTerminal }

export interface Run extends Store<RunSnapshot> {
  readonly id: string
  readonly conversationId: string
  /**
   * Its events in order from where it stands: a `snapshot` first when something came before, and where several had to be taken as
   * one; the terminal last, once. Disconnections are mended underneath. Throws the signal's reason, `ParleyApiError` when the run is
   * gone, `ParleyConnectionError` when the chat is closed. Leaving the loop does not stop the run.
   */
  readonly events: (options?: CallOptions) => AsyncIterableIterator<RunUpdate>
  /** The whole text so far, each time it has changed; a slow reader gets the latest. Throws as `events` does. */
  readonly texts: (options?: CallOptions) => AsyncIterableIterator<string>
  /** Its state with the terminal; a run that fails has ended too. Rejects as `events` throws. */
  readonly finished: (options?: CallOptions) => Promise<FinishedRun>
  /**
   * Stops it, from any device; the partial answer is kept. Idempotent: where the connection is lost before the answer, it is said again on the next one,
   * unless the run has ended by then.
   */
  readonly cancel: () => Promise<void>
}
