/** What is known of a run. */
import type { Epoch, MessageId } from "@parley/domain/Ids"
import type { RunEvent } from "@parley/domain/RunEvent"
import type { RunState } from "@parley/domain/RunFrame"

type EventOf<Type extends RunEvent["type"]> = Extract<RunEvent, { readonly type: Type }>

/** A tool call whose arguments are still being written. */
export interface ToolCallDraft {
  readonly index: number
  readonly id: string | null
  readonly name: string | null
  readonly arguments: string
}

export interface RunSnapshot {
  readonly runId: string
  readonly messageId: MessageId | null
  readonly epoch: Epoch | null
  /** The last event that was applied; 0 before the first. */
  readonly seq: number
  readonly state: RunState | null
  /**
   * Told since this client follows the run. One from a model to itself: it broke off and was asked again, or the answer has another owner, where
   * its `reason` is "owner restarted".
   */
  readonly switches: ReadonlyArray<EventOf<"provider-switch">>
  readonly toolResults: ReadonlyArray<EventOf<"tool-result">>
  readonly toolCallDrafts: ReadonlyArray<ToolCallDraft>
  /** `over`: it has its terminal. `gone`: unknown to the server, or not this caller's. */
  readonly standing: "waiting" | "replaying" | "live" | "over" | "gone"
}

/** An answer that is being written. */
export interface ActiveRun {
  readonly runId: string
  readonly messageId: MessageId
}

/** What `run.events()` gives: the run's events in order, and a snapshot where several have to be taken as one. */
export type RunUpdate = RunEvent | { readonly type: "snapshot"; readonly state: RunState }
