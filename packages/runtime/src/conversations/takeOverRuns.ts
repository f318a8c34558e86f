/**
 * Runs that a lost owner left open. A new epoch shuts the old owner out; the journal is the partial answer; then the answer goes on, is asked
 * for again from its beginning where it cannot go on, or is closed as failed, by policy and bounds.
 */
import { Clock, Effect, Option } from "effect"
import { errorTraits } from "@parley/domain/ErrorTraits"
import { conversationEntityId } from "@parley/domain/actors/ConversationActor"
import { Unavailable } from "@parley/domain/Errors"
import { makeEpoch } from "@parley/domain/Ids"
import type { Epoch } from "@parley/domain/Ids"
import { initialRunState } from "@parley/domain/foldRun"
import type { RunState } from "@parley/domain/RunFrame"
import type { ConversationKey, StoredRun } from "../storage/ConversationStore.ts"
import { ActiveRun } from "./ActiveRun.ts"
import { answeredBy } from "./answeredBy.ts"
import { isContinuable } from "./buildPrompt.ts"
import type { ConversationLimitsValues } from "./ConversationLimits.ts"
import type { ConversationServices } from "./ConversationServices.ts"
import { foldJournal } from "./foldJournal.ts"
import type { LostCall } from "./foldJournal.ts"
import type { LiveConversation } from "./LiveConversation.ts"
import { RunLog } from "./RunLog.ts"

export interface TakenOver {
  readonly run: ActiveRun
  readonly partial: RunState
  /** What its owners had asked, and nobody has accounted for. */
  readonly calls: ReadonlyArray<LostCall>
  /** The answer goes on after `partial`; else it begins again. */
  readonly isContinued: boolean
  /** It is not asked for again, but closed. */
  readonly failure?: { readonly code: string; readonly message: string }
}

/** `openRuns` is oldest first: the last is the conversation's run, one before it was left behind by a crash between two, and fails. */
export const takeOverRuns = (
  services: ConversationServices,
  key: ConversationKey,
  live: LiveConversation,
  openRuns: ReadonlyArray<StoredRun>
): Effect.Effect<TakenOver | undefined, Unavailable> =>
  Effect.gen(function* () {
    if (openRuns.length === 0) return undefined
    yield* requireOwnership(services, key)
    for (const stored of openRuns.slice(0, -1)) yield* closeLeftBehind(services, key, live, stored)
    const newest = openRuns[openRuns.length - 1]
    return newest === undefined ? undefined : yield* takeOver(services, key, newest)
  })

/** An owner that was fenced, and has not noticed it yet, would take the run back from the new one. */
const requireOwnership = ({ limits, ownership }: ConversationServices, key: ConversationKey): Effect.Effect<void, Unavailable> =>
  Effect.flatMap(ownership.owns(conversationEntityId(key.tenantId, key.conversationId)), (isOwned) =>
    isOwned ? Effect.void : moving(limits)
  )

const moving = (limits: ConversationLimitsValues): Effect.Effect<never, Unavailable> =>
  Effect.fail(
    new Unavailable({
      message: "The conversation is moving",
      retryAfterMs: limits.busyRetryAfterMs,
      workMayHaveHappened: false
    })
  )

/** The run's new epoch, younger than its owner's in the journal too, where that may still write. */
const shutOut = (
  { journal, limits, store }: ConversationServices,
  key: ConversationKey,
  stored: StoredRun
): Effect.Effect<Epoch, Unavailable> =>
  Effect.gen(function* () {
    const epochs = { from: stored.epoch, to: yield* makeEpoch }
    yield* journal.succeed(key.tenantId, stored.runId, epochs)
    // Closed or taken since it was read, and so is what else was read of the conversation: it is read again.
    if (!(yield* store.takeOverRun(key, stored.runId, epochs))) return yield* moving(limits)
    return epochs.to
  })

const takeOver = (
  services: ConversationServices,
  key: ConversationKey,
  stored: StoredRun
): Effect.Effect<TakenOver, Unavailable> =>
  Effect.gen(function* () {
    const { journal, journalWriter, limits, schedule } = services
    const { messageId, model, runId } = stored
    const epoch = yield* shutOut(services, key, stored)
    // The lost owner may have been in this process: what it still had goes first.
    yield* journalWriter.settle
    const journaled = foldJournal(messageId, model, yield* journal.read(key.tenantId, runId))
    const goesOn = isContinuable(journaled.state, stored.parameters)
    // What begins again each time has lost what its owners added.
    const takeOvers = Math.max(0, journaled.epochs - 1)
    const idleTakeOvers = goesOn ? Math.min(journaled.idleEpochs, takeOvers) : takeOvers
    const ageMs = (yield* Clock.currentTimeMillis) - stored.startedAtMs
    const failure =
      limits.crashPolicy === "fail" || ageMs > limits.takeOverMaxAgeMs
        ? lostOwner
        : takeOvers >= limits.maxTakeOversPerRun || idleTakeOvers >= limits.maxIdleTakeOversPerRun
          ? tooManyOwners
          : undefined
    const isContinued = failure !== undefined || goesOn
    const state = isContinued ? journaled.state : initialRunState(messageId, model)
    const log = new RunLog({ conversationId: key.conversationId, runId, epoch }, state, journaled.seq, limits)
    const { parameters, principalId, requestId } = stored
    const run = new ActiveRun({ runId, messageId, principalId, model, parameters, requestId }, log, schedule)
    if (isContinued) run.speakerBefore = journaled.calls.at(-1)?.target
    if (!isContinued && journaled.state.usage !== null) run.accountLost(journaled.state.usage)
    yield* Effect.logInfo("A run was taken over").pipe(
      Effect.annotateLogs({
        ...key,
        ...(requestId === null ? {} : { requestId }),
        runId,
        epoch,
        fromSeq: journaled.seq,
        goesOn: failure === undefined
      })
    )
    const { calls, state: partial } = journaled
    return { run, partial, calls, isContinued, ...(failure === undefined ? {} : { failure }) }
  })

const closeLeftBehind = (
  services: ConversationServices,
  key: ConversationKey,
  live: LiveConversation,
  stored: StoredRun
): Effect.Effect<void, Unavailable> =>
  Effect.gen(function* () {
    const { journal, store } = services
    const epoch = yield* shutOut(services, key, stored)
    const { calls, seq, state } = foldJournal(stored.messageId, stored.model, yield* journal.read(key.tenantId, stored.runId))
    const closed = yield* store.closeRun(key, {
      runId: stored.runId,
      epoch,
      terminal: { type: "run-fail", ...lostOwner },
      content: state.content,
      usage: state.usage,
      finishReason: null,
      model: state.model,
      answeredBy: answeredBy(state.model, calls.at(-1)?.target),
      lastSeq: seq + 1
    })
    if (Option.isSome(closed)) live.apply(closed.value.roomEvents)
  })

const lostOwner = {
  code: errorTraits.Unavailable.code,
  message: "The process that wrote this answer was lost; what it had written is kept"
}
const tooManyOwners = {
  code: errorTraits.InternalError.code,
  message: "Writing this answer failed several times; what was written is kept"
}
