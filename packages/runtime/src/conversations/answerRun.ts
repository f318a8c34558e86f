/** One answer, from the question to its stored end: prompt → provider → log → store → terminal. */
import { Cause, Clock, Deferred, Effect, Exit, Option, Schedule } from "effect"
import { errorTraits, traitsOf } from "@parley/domain/ErrorTraits"
import type { ContextTooLong, ModelNotFound, ModelUnsuited, Unavailable } from "@parley/domain/Errors"
import type { ModelAnswer } from "@parley/domain/ModelEvent"
import type { MessageId } from "@parley/domain/Ids"
import type { ModelMessage } from "@parley/domain/ModelRequest"
import { ownerRestarted } from "@parley/domain/ownerRestarted"
import type { ProviderError } from "@parley/domain/ProviderError"
import type { RunTerminal } from "@parley/domain/RunEvent"
import type { Message } from "@parley/domain/Message"
import type { Usage } from "@parley/domain/Usage"
import type { CloseRun, StoredRoomEvent } from "../storage/ConversationStore.ts"
import { storableText } from "../storage/conversations/rows.ts"
import { requireFits } from "../completions/requireFits.ts"
import type { TenantError } from "../tenants/Tenants.ts"
import { withFiles } from "../attachments/FileContents.ts"
import type { ActiveRun } from "./ActiveRun.ts"
import { answeredBy } from "./answeredBy.ts"
import { buildPrompt, saidIn, withSaid } from "./buildPrompt.ts"
import { fitPrompt } from "./fitPrompt.ts"
import { lostUsage } from "./lostUsage.ts"
import type { ConversationHost } from "./ConversationHost.ts"
import type { LiveConversation } from "./LiveConversation.ts"
import type { RunAct } from "./RunMachine.ts"
import type { TakenOver } from "./takeOverRuns.ts"
import { tellRoom } from "./tellRoom.ts"

type AnswerError = TenantError | Unavailable | ModelNotFound | ModelUnsuited | ContextTooLong | ProviderError

export const answerRun = (
  host: ConversationHost,
  live: LiveConversation,
  run: ActiveRun,
  taken: TakenOver | undefined
): Effect.Effect<void> =>
  Effect.gen(function* () {
    if (taken?.failure !== undefined) {
      yield* accountLost(host, live, run, taken)
      return yield* cutOff(host, live, run, run.on("provider-failed"), taken.failure)
    }
    speakFirst(run, taken)
    // An owner that is lost as soon as it asks is counted among those that the run has lost.
    if (taken !== undefined) yield* host.services.journalWriter.settle
    yield* Effect.logDebug("An answer begins")
    const asked = askProvider(host, live, run, taken).pipe(Effect.map(Option.some))
    const cancelled = Effect.as(Deferred.await(run.cancelled), Option.none<ModelAnswer>())
    const exit = yield* Effect.raceFirst(asked, cancelled).pipe(Effect.exit)
    if (Exit.isSuccess(exit)) {
      yield* Option.match(exit.value, {
        onNone: () => cutOff(host, live, run, run.on("interrupted"), failureOf(undefined)),
        onSome: (answer) =>
          close(host, live, run, run.on("provider-finished"), failureOf(undefined), run.usage(answer.usage), answer)
      })
      return
    }
    const error = Cause.findErrorOption(exit.cause)
    if (Option.isNone(error)) {
      run.on("abandon")
      return yield* Effect.failCause(exit.cause).pipe(Effect.orDie)
    }
    yield* Effect.logWarning("An answer failed", error.value)
    yield* cutOff(host, live, run, run.on("provider-failed"), failureOf(error.value))
  })

/** A store that is away for a moment need not cost an answer that was accepted. */
const pathRetryMs = 100
const pathRetries = 4

/** What the log says before the provider does. */
const speakFirst = (run: ActiveRun, taken: TakenOver | undefined): void => {
  const { messageId, model } = run.question
  if (taken === undefined || !taken.isContinued) run.log.append({ type: "run-start", messageId, model })
  if (taken !== undefined) {
    run.log.append({ type: "provider-switch", from: model, to: model, reason: ownerRestarted })
  }
  run.log.flush()
}

const askProvider = (
  host: ConversationHost,
  live: LiveConversation,
  run: ActiveRun,
  taken: TakenOver | undefined
): Effect.Effect<ModelAnswer, AnswerError> =>
  Effect.gen(function* () {
    const { models, tenants } = host.services
    const { model, parameters } = run.question
    const asked = yield* questionOf(host, live, run)
    const resolved = yield* models.resolve(host.key.tenantId, model)
    const fitted = fitPrompt(resolved, asked, parameters)
    if (fitted.droppedTurns > 0) {
      yield* Effect.logInfo("A conversation is longer than its model's window: its oldest turns are left out").pipe(
        Effect.annotateLogs({ droppedTurns: fitted.droppedTurns })
      )
    }
    const request = { model: resolved.model, messages: fitted.messages, parameters }
    const said = taken?.isContinued === true ? saidIn(taken.partial) : undefined
    yield* requireFits(resolved, said === undefined ? request : { ...request, messages: withSaid(fitted.messages, said) })
    if (taken !== undefined && taken.calls.length > 0) {
      run.accountLost(yield* lostUsage(resolved, { messages: fitted.messages, parameters }, taken.calls))
    }
    return yield* tenants.withRequest(host.key.tenantId)(
      Effect.suspend(() => {
        run.asked = { model: resolved, prompt: request }
        const options = { restart: fitted.messages, ledger: run.ledger }
        return resolved.stream(request, run.sink, said === undefined ? options : { ...options, said })
      })
    )
  })

/** All that leads to the answer. */
const questionOf = (
  host: ConversationHost,
  live: LiveConversation,
  run: ActiveRun
): Effect.Effect<ReadonlyArray<ModelMessage>, Unavailable> =>
  Effect.gen(function* () {
    const { limits, readFile } = host.services
    run.path ??= yield* readPath(host, run.question.messageId)
    // What is remembered of the path refers to files; only what is asked has them in it.
    const path = yield* withFiles(readFile, host.key, run.path.slice(-limits.maxPathMessages))
    return buildPrompt(live.conversation.systemPrompt, path)
  })

/** Of a run that is not asked for again: what was asked before it was lost is paid for all the same. */
const accountLost = (host: ConversationHost, live: LiveConversation, run: ActiveRun, { calls }: TakenOver): Effect.Effect<void> =>
  Effect.gen(function* () {
    if (calls.length === 0) return
    const { model, parameters } = run.question
    const resolved = yield* host.services.models.resolve(host.key.tenantId, model)
    const { messages } = fitPrompt(resolved, yield* questionOf(host, live, run), parameters)
    run.accountLost(yield* lostUsage(resolved, { messages, parameters }, calls))
  }).pipe(Effect.catch((error) => Effect.logWarning("What a lost owner had asked could not be accounted for", error)))

const readPath = (host: ConversationHost, answerId: MessageId): Effect.Effect<ReadonlyArray<Message>, Unavailable> =>
  host.services.store.path(host.key, answerId, host.services.limits.maxPathMessages + 1).pipe(
    Effect.retry({ schedule: Schedule.exponential(pathRetryMs), times: pathRetries }),
    // The answer's own empty message ends the path.
    Effect.map((path) => path.filter((message) => message.id !== answerId))
  )

interface Failure {
  readonly code: string
  readonly message: string
}

const failureOf = (error: AnswerError | undefined): Failure =>
  error === undefined
    ? { code: errorTraits.InternalError.code, message: "The answer failed" }
    : { code: traitsOf(error).code, message: storableText(error.message) }

const terminalOf = (act: RunAct, failure: Failure, answer: ModelAnswer | undefined): RunTerminal | undefined => {
  switch (act) {
    case "store-complete":
      return { type: "run-complete", finishReason: answer?.finishReason ?? "stop" }
    case "store-cancel":
      return { type: "run-cancel" }
    case "store-fail":
      return { type: "run-fail", code: failure.code, message: failure.message }
    case "none":
    case "append":
    case "interrupt-provider":
    case "tell-terminal":
    case "hand-over":
      return undefined
  }
}

/** The end of an answer that is not whole. Whoever stopped it is billed for what was asked even if nothing was said yet. */
const cutOff = (
  host: ConversationHost,
  live: LiveConversation,
  run: ActiveRun,
  act: RunAct,
  failure: Failure
): Effect.Effect<void> =>
  Effect.suspend(() => {
    if (terminalOf(act, failure, undefined) === undefined) return Effect.void
    // What waits for its flush was said too.
    run.log.flushAll()
    return Effect.flatMap(run.partialUsage(act === "store-cancel"), (usage) => close(host, live, run, act, failure, usage))
  })

/** Stores the end, then tells it. Never told before it is stored, and told once. */
const close = (
  host: ConversationHost,
  live: LiveConversation,
  run: ActiveRun,
  act: RunAct,
  failure: Failure,
  usage: Usage | null,
  answer?: ModelAnswer
): Effect.Effect<void> => {
  const terminal = terminalOf(act, failure, answer)
  if (terminal === undefined) return Effect.void
  const { log } = run
  if (usage !== null) log.append({ type: "usage", usage })
  log.flushAll()
  const end: CloseRun = {
    runId: run.question.runId,
    epoch: log.identity.epoch,
    terminal,
    content: log.state.content,
    usage,
    finishReason: terminal.type === "run-complete" ? terminal.finishReason : null,
    model: log.state.model,
    answeredBy: answeredBy(log.state.model, run.speaker),
    lastSeq: log.seq + 1
  }
  return storeEnd(host, live, run, end)
}

const storeEnd = (host: ConversationHost, live: LiveConversation, run: ActiveRun, end: CloseRun): Effect.Effect<void> =>
  Effect.gen(function* () {
    const { limits, store, warnOfEnd } = host.services
    const startedAtMs = yield* Clock.currentTimeMillis
    let delayMs = limits.closeRetryDelayMs
    while (run.phase === "storing") {
      // As the conversation's only writer, so that its room events are told in the order of their numbers.
      // The wait for its turn can be interrupted, the transaction and what follows its commit cannot.
      const failed = yield* host.exclusively(
        store.closeRun(host.key, end).pipe(
          Effect.flatMap(
            Option.match({
              onNone: () => handOver(host, live, run),
              onSome: (stored) =>
                Effect.andThen(
                  Effect.map(Clock.currentTimeMillis, (nowMs) => tellEnd(host, live, run, end.terminal, stored, nowMs)),
                  Effect.logDebug(`An answer ended with ${end.terminal.type}`)
                )
            })
          ),
          Effect.match({ onFailure: (error) => error, onSuccess: () => undefined }),
          Effect.uninterruptible
        )
      )
      if (failed === undefined) return
      if ((yield* Clock.currentTimeMillis) - startedAtMs > limits.closeRetryForMs) return yield* Effect.die(failed)
      // At first, and again once it lasts: by then those are told that only had to wait for their turn.
      if (delayMs === limits.closeRetryDelayMs || delayMs === limits.maxCloseRetryDelayMs) yield* warnOfEnd(failed)
      yield* Effect.sleep(delayMs)
      delayMs = Math.min(delayMs * 2, limits.maxCloseRetryDelayMs)
    }
  })

const tellEnd = (
  host: ConversationHost,
  live: LiveConversation,
  run: ActiveRun,
  terminal: RunTerminal,
  stored: { readonly message: Message; readonly roomEvents: ReadonlyArray<StoredRoomEvent> },
  nowMs: number
): void => {
  if (run.on("stored") !== "tell-terminal") return
  const { log } = run
  const { runId } = run.question
  log.endJournal()
  log.append(terminal)
  log.flush()
  if (live.run === run) live.run = null
  live.endedLogs.set(runId, log)
  host.services.loop.after(host.services.limits.endedLogRetentionMs, () => live.endedLogs.delete(runId))
  if (run.path !== undefined) live.know([...run.path, stored.message], host.services.limits.maxKnownPathChars)
  tellRoom(host, live, stored.roomEvents, nowMs)
}

/**
 * The run is closed already, or another owner has it. Closed: by a commit of ours whose answer was lost, or by the other; either way the stored
 * message is the answer.
 */
const handOver = (host: ConversationHost, live: LiveConversation, run: ActiveRun): Effect.Effect<void, Unavailable> =>
  Effect.gen(function* () {
    const { runId } = run.question
    const closed = yield* host.services.store.closedRun(host.key, runId)
    run.on("fenced")
    run.log.endJournal()
    if (Option.isSome(closed)) host.room.endRun(runId, closed.value)
    else yield* Effect.logWarning("A run belongs to another owner now; its end was not stored by this one")
    if (live.run === run) live.run = null
    host.doubt(live)
    // Read again at once, it would be taken back from its new owner, and its provider called once more.
    if (Option.isNone(closed)) return
    // Room events that the lost answer carried are read again for who follows.
    if (host.room.followers.size > 0) host.fork(host.use(() => Effect.void))
  })
