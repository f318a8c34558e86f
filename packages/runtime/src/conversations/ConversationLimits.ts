/** The bounds and times of conversations, each with its default; a process gives its own through `ConversationLimits.layer`. */
import { Context, Layer } from "effect"

export interface ConversationLimitsValues {
  /** What becomes of an answer whose owner was lost: asked to go on, or closed as failed with its partial text. */
  readonly crashPolicy: "continue" | "fail"

  /** A run's replay buffer: frames, and bytes of their events. What is older is told by a snapshot. */
  readonly ringFrames: number
  readonly ringBytes: number
  /** Text that may wait for its flush; past it, it goes at once. UTF-16 code units. */
  readonly maxPendingChars: number
  /** How long the log of an ended run answers subscriptions before the stored message does. */
  readonly endedLogRetentionMs: number

  /** A follower that is more than this behind gets no more deltas … */
  readonly windowBytes: number
  /** … until no more than this is left; an acknowledgement is due every 8 KiB, so less cannot be asked. */
  readonly drainedBytes: number
  /** Still behind after this: closed with a code that says reconnect. */
  readonly maxBehindMs: number
  /** Room events that a follower may have waiting in its transport; past it they are read again when it has drained. */
  readonly roomWindowBytes: number

  /** Above so many socket writes a second, or a mean lag of the event loop of so much, flushes are put into windows. */
  readonly maxWritesPerSecond: number
  readonly maxLoopLagMs: number

  /** How often what is new of all runs is written to the journal, and the most that one insert carries (UTF-16 code units). */
  readonly journalIntervalMs: number
  readonly maxJournalInsertChars: number
  /** Entries (one per run and insert) past which inserts wait for one another, so that thousands of runs do not cost a database each. */
  readonly maxJournalEntriesPerSecond: number

  /** Commands that one conversation may have under way; past it `Busy`. */
  readonly mailboxCapacity: number
  /** Conversations resident in this process; past it `Busy`. */
  readonly maxResidentConversations: number
  /** Without followers, runs and commands for so long, a conversation leaves memory. */
  readonly passivateAfterMs: number
  /** How long a door waits for a conversation's answer; above the statement timeout of the database. */
  readonly commandTimeoutMs: number
  readonly busyRetryAfterMs: number

  readonly maxFollowersPerConversation: number
  readonly maxRunsPerFollower: number
  /** Messages of a path that are sent to a model, the newest. */
  readonly maxPathMessages: number
  /** The last answered path is kept in memory up to this, so that the next question need not read it. UTF-16 code units. */
  readonly maxKnownPathChars: number
  readonly roomSnapshotMessages: number
  /** Room events that are replayed one by one; past it a room snapshot. */
  readonly maxRoomReplay: number
  readonly typingExpiresMs: number

  /** Restarts of one conversation after defects: the first delay, its cap, and how long without one forgets them. */
  readonly restartDelayMs: number
  readonly maxRestartDelayMs: number
  readonly restartForgetMs: number
  /** Owners that one run may lose before it is closed as failed: each restart of a runner may move it twice. */
  readonly maxTakeOversPerRun: number
  /** … and those in a row that added nothing to it: it is likely to be what they were lost by. */
  readonly maxIdleTakeOversPerRun: number
  /** A run older than this is not continued but closed as failed. */
  readonly takeOverMaxAgeMs: number
  /** Conversations woken at once after a start, and how many at most. */
  readonly takeOversAtOnce: number
  readonly maxTakeOvers: number

  /** A terminal that could not be stored is tried again with a growing delay up to the second, for so long; then the conversation restarts. */
  readonly closeRetryDelayMs: number
  readonly maxCloseRetryDelayMs: number
  readonly closeRetryForMs: number
  /** That some could not be stored at once is logged so often at most, with how many: thousands may end in the same second. */
  readonly closeWarningEveryMs: number

  /** Between processes: frames of one conversation are gathered for so long. */
  readonly watchWindowMs: number
  /** … but this many batches go at once after a pause, so that nobody waits for a first token; one more is earned in each window. */
  readonly watchBurst: number
  /** What says only that a run has begun waits so long for the run's first words, to leave with them: an answer from a cache comes at once. */
  readonly watchGatherMs: number
  /** Who follows a room through a gateway is told to its owner so long after it has changed, once for all that changed meanwhile. */
  readonly presenceWindowMs: number
  /** A watch without news gives a sign of life so often; a gateway asks again after three of them without any. */
  readonly watchHeartbeatMs: number
  /** Between two tries of a gateway to watch. */
  readonly watchRetryMs: number
  /** A conversation that nobody follows any more is watched for so long: a reload comes back to it. */
  readonly watchLingerMs: number
  /** Several processes: how often each looks for open answers of its own shards that nobody writes. */
  readonly orphanSweepMs: number
}

const KiB = 1024
const minuteMs = 60_000

export const defaultConversationLimits: ConversationLimitsValues = {
  crashPolicy: "continue",
  ringFrames: 512,
  ringBytes: 256 * KiB,
  maxPendingChars: 16 * KiB,
  endedLogRetentionMs: minuteMs,
  windowBytes: 32 * KiB,
  drainedBytes: 8 * KiB,
  maxBehindMs: 30_000,
  roomWindowBytes: 256 * KiB,
  maxWritesPerSecond: 70_000,
  maxLoopLagMs: 25,
  journalIntervalMs: 150,
  maxJournalInsertChars: 1024 * KiB,
  maxJournalEntriesPerSecond: 5_000,
  mailboxCapacity: 256,
  maxResidentConversations: 50_000,
  passivateAfterMs: 2 * minuteMs,
  commandTimeoutMs: 20_000,
  busyRetryAfterMs: 500,
  maxFollowersPerConversation: 1_000,
  maxRunsPerFollower: 16,
  maxPathMessages: 1_000,
  maxKnownPathChars: 16 * KiB,
  roomSnapshotMessages: 50,
  maxRoomReplay: 200,
  typingExpiresMs: 6_000,
  restartDelayMs: 100,
  maxRestartDelayMs: 30_000,
  restartForgetMs: minuteMs,
  maxTakeOversPerRun: 10,
  maxIdleTakeOversPerRun: 3,
  takeOverMaxAgeMs: 60 * minuteMs,
  takeOversAtOnce: 8,
  maxTakeOvers: 10_000,
  closeRetryDelayMs: 100,
  maxCloseRetryDelayMs: 5_000,
  closeRetryForMs: 60 * minuteMs,
  closeWarningEveryMs: 10_000,
  watchWindowMs: 40,
  watchBurst: 8,
  watchGatherMs: 2,
  presenceWindowMs: 50,
  watchHeartbeatMs: 5_000,
  watchRetryMs: 250,
  watchLingerMs: 5_000,
  orphanSweepMs: 5_000
}

const reference = Context.Reference<ConversationLimitsValues>("@parley/runtime/conversations/ConversationLimits", {
  defaultValue: () => defaultConversationLimits
})

/** Has a default, so that it need not be provided; `layer` changes some of it. */
export const ConversationLimits = Object.assign(reference, {
  layer: (change: Partial<ConversationLimitsValues>): Layer.Layer<never> =>
    Layer.succeed(reference, { ...defaultConversationLimits, ...change })
})
