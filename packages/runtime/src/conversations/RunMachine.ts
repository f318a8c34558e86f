/** What a run does about what happens to it: a total table, so that the compiler asks for every cell. */

/**
 * - `starting`: stored, nothing said yet
 * - `streaming`: the provider speaks
 * - `stopping`: somebody cancelled; the provider's call is being interrupted
 * - `storing`: the end is decided and being stored
 * - `ended`: the terminal is stored and told
 * - `lost`: another owner has it, or will: this one may neither write nor speak
 */
export type RunPhase = "starting" | "streaming" | "stopping" | "storing" | "ended" | "lost"

export type RunHappening =
  | "chunk"
  | "provider-finished"
  | "provider-failed"
  | "cancel"
  /** The provider's call was interrupted, by a cancel or by the end of the process. */
  | "interrupted"
  | "stored"
  /** The stored epoch is another's. */
  | "fenced"
  /** The actor had a defect, or is leaving. */
  | "abandon"

export type RunAct =
  | "none"
  | "append"
  | "interrupt-provider"
  | "store-complete"
  | "store-cancel"
  | "store-fail"
  | "tell-terminal"
  | "hand-over"

export interface RunStep {
  readonly phase: RunPhase
  readonly act: RunAct
}

const step = (phase: RunPhase, act: RunAct = "none"): RunStep => ({ phase, act })

export const runMachine: Record<RunPhase, Record<RunHappening, RunStep>> = {
  starting: {
    chunk: step("streaming", "append"),
    "provider-finished": step("storing", "store-complete"),
    "provider-failed": step("storing", "store-fail"),
    cancel: step("stopping", "interrupt-provider"),
    interrupted: step("lost", "hand-over"),
    stored: step("starting"),
    fenced: step("lost", "hand-over"),
    abandon: step("lost", "hand-over")
  },
  streaming: {
    chunk: step("streaming", "append"),
    "provider-finished": step("storing", "store-complete"),
    "provider-failed": step("storing", "store-fail"),
    cancel: step("stopping", "interrupt-provider"),
    interrupted: step("lost", "hand-over"),
    stored: step("streaming"),
    fenced: step("lost", "hand-over"),
    abandon: step("lost", "hand-over")
  },
  stopping: {
    chunk: step("stopping"),
    "provider-finished": step("storing", "store-cancel"),
    "provider-failed": step("storing", "store-cancel"),
    cancel: step("stopping"),
    interrupted: step("storing", "store-cancel"),
    stored: step("stopping"),
    fenced: step("lost", "hand-over"),
    abandon: step("lost", "hand-over")
  },
  storing: {
    chunk: step("storing"),
    "provider-finished": step("storing"),
    "provider-failed": step("storing"),
    cancel: step("storing"),
    interrupted: step("storing"),
    stored: step("ended", "tell-terminal"),
    fenced: step("lost", "hand-over"),
    abandon: step("lost", "hand-over")
  },
  ended: {
    chunk: step("ended"),
    "provider-finished": step("ended"),
    "provider-failed": step("ended"),
    cancel: step("ended"),
    interrupted: step("ended"),
    stored: step("ended"),
    fenced: step("ended"),
    abandon: step("ended")
  },
  lost: {
    chunk: step("lost"),
    "provider-finished": step("lost"),
    "provider-failed": step("lost"),
    cancel: step("lost"),
    interrupted: step("lost"),
    stored: step("lost"),
    fenced: step("lost"),
    abandon: step("lost")
  }
}
