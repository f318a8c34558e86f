/**
 * The client half of the resume protocol, the same for a run's log and a room's: what each frame is in the light of what is held, and what
 * to do about it. Nothing is ever skipped. Total: the compiler demands every cell.
 */

export type FollowState =
  /** There is no connection; what is held stays. */
  | "away"
  /** Asked from where we stand; what comes until `caught-up` is the replay. */
  | "asking"
  | "live"
  /** The terminal is held: nothing changes any more. */
  | "over"
  /** The server knows nothing of it, or does not tell us. */
  | "gone"

export type FollowEvent =
  /** `seq` is the last + 1. */
  | "next"
  /** `seq` is held already. */
  | "old"
  /** Something in between is missing. */
  | "gap"
  /** Another epoch than the one that is held. */
  | "foreign"
  | "snapshot"
  /** A snapshot of the same epoch that is behind what is held. */
  | "stale-snapshot"
  /** The terminal is in what was applied, or the stored message came instead. */
  | "end"
  | "gone"
  /** The replay is over, and all of it is held. */
  | "caught-up"
  /** The replay is over, and less is held than it ended with. */
  | "short"
  | "open"
  | "lost"
  /** Asking was answered with an error that another try may mend. */
  | "deferred"

export type FollowAct = "none" | "apply" | "replace" | "ask" | "ask-later" | "finish" | "forget"

export type FollowNext = readonly [FollowState, FollowAct]

const ignore = (state: FollowState): Record<FollowEvent, FollowNext> => ({
  next: [state, "none"],
  old: [state, "none"],
  gap: [state, "none"],
  foreign: [state, "none"],
  snapshot: [state, "none"],
  "stale-snapshot": [state, "none"],
  end: [state, "none"],
  gone: [state, "none"],
  "caught-up": [state, "none"],
  short: [state, "none"],
  open: [state, "none"],
  lost: [state, "none"],
  deferred: [state, "none"]
})

export const followMachine: Record<FollowState, Record<FollowEvent, FollowNext>> = {
  away: {
    next: ["away", "none"],
    old: ["away", "none"],
    gap: ["away", "none"],
    foreign: ["away", "none"],
    snapshot: ["away", "none"],
    "stale-snapshot": ["away", "none"],
    // The room tells the end too: there is nothing left to ask for.
    end: ["over", "finish"],
    gone: ["gone", "forget"],
    "caught-up": ["away", "none"],
    short: ["away", "none"],
    open: ["asking", "ask"],
    lost: ["away", "none"],
    deferred: ["away", "none"]
  },
  asking: {
    next: ["asking", "apply"],
    old: ["asking", "none"],
    // Sent before the server read our question; its answer begins where we stand.
    gap: ["asking", "none"],
    foreign: ["asking", "none"],
    snapshot: ["asking", "replace"],
    "stale-snapshot": ["asking", "none"],
    end: ["over", "finish"],
    gone: ["gone", "forget"],
    "caught-up": ["live", "none"],
    short: ["asking", "ask"],
    open: ["asking", "none"],
    lost: ["away", "none"],
    deferred: ["asking", "ask-later"]
  },
  live: {
    next: ["live", "apply"],
    old: ["live", "none"],
    gap: ["asking", "ask"],
    foreign: ["asking", "ask"],
    snapshot: ["live", "replace"],
    "stale-snapshot": ["live", "none"],
    end: ["over", "finish"],
    gone: ["gone", "forget"],
    "caught-up": ["live", "none"],
    short: ["asking", "ask"],
    open: ["live", "none"],
    lost: ["away", "none"],
    deferred: ["live", "none"]
  },
  over: ignore("over"),
  gone: ignore("gone")
}
