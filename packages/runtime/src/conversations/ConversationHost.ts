/**
 * One conversation in this process, and its supervisor. It loads the conversation when it is first needed, serialises what writes, and
 * contains defects: one is logged with the conversation's id, what was in memory is let go of, and after a delay of this conversation's own it is
 * read again from the store, open runs and followers included. Other conversations never notice.
 */
import { Cause, Clock, Deferred, Effect, FiberMap, Option, Semaphore } from "effect"
import type { Scope } from "effect"
import { InternalError, NotFound, Unavailable } from "@parley/domain/Errors"
import type { RunId } from "@parley/domain/Ids"
import type { ConversationKey } from "../storage/ConversationStore.ts"
import { answerRun } from "./answerRun.ts"
import type { ActiveRun } from "./ActiveRun.ts"
import type { ConversationServices } from "./ConversationServices.ts"
import { LiveConversation } from "./LiveConversation.ts"
import type { LocalFollower } from "./LocalFollower.ts"
import { resyncRoom } from "./followConversation.ts"
import { Room } from "./Room.ts"
import { takeOverRuns } from "./takeOverRuns.ts"
import type { TakenOver } from "./takeOverRuns.ts"

type HostError = NotFound | Unavailable | InternalError

export interface ConversationHost {
  readonly key: ConversationKey
  readonly services: ConversationServices
  readonly room: Room
  /** In memory or read from the store now; a defect inside is contained. */
  readonly use: <A, E>(f: (live: LiveConversation) => Effect.Effect<A, E>) => Effect.Effect<A, E | HostError>
  /** The same as the only one of this conversation: whatever writes, or reads what must not change meanwhile. */
  readonly write: <A, E>(f: (live: LiveConversation) => Effect.Effect<A, E>) => Effect.Effect<A, E | HostError>
  /** The same without the conversation: for a run, which belongs to one that is loaded. */
  readonly exclusively: <A, E>(effect: Effect.Effect<A, E>) => Effect.Effect<A, E>
  /** Runs the answer beside the actor; its log must be registered in `live` already. */
  readonly answer: (live: LiveConversation, run: ActiveRun, taken?: TakenOver) => Effect.Effect<void>
  /** What is in memory may not be what is stored: it is read again at the next use, unless a run is under way. */
  readonly doubt: (live: LiveConversation) => void
  /** The conversation is no more. */
  readonly remove: Effect.Effect<void>
  /** Called when followers came or went. */
  readonly settleResidence: () => void
  /** Answers when nothing keeps the actor in memory. */
  readonly residence: Effect.Effect<void>
  /** Beside the actor, until it ends; its defects are the actor's. */
  readonly fork: (effect: Effect.Effect<unknown, unknown>) => void
}

/** `reside` opens the request that keeps the actor in memory: `residence`, asked through the actor's own address. */
export const makeConversationHost = (
  key: ConversationKey,
  services: ConversationServices,
  reside: Effect.Effect<void>
): Effect.Effect<ConversationHost, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { journalWriter, limits, loop, store } = services
    const { conversationId } = key
    const writer = Semaphore.makeUnsafe(1)
    /** Everything that runs beside the actor and ends with it: the run under its id, the rest under numbers. */
    const fibers = yield* FiberMap.make<RunId | number, unknown, unknown>()
    const runFork = yield* FiberMap.runtime(fibers)<never>()
    let forks = 0
    const fork = (effect: Effect.Effect<unknown, unknown>): void => {
      runFork(forks++, effect)
    }
    const stop = (run: ActiveRun | null | undefined): Effect.Effect<void> =>
      Effect.suspend(() => {
        if (run === null || run === undefined) return Effect.void
        run.on("abandon")
        run.end()
        return FiberMap.remove(fibers, run.question.runId)
      })
    let live: LiveConversation | undefined
    /** The store has an open run, which was not taken over yet. */
    let isRunOwed = false
    let restarts = 0
    let crashedAtMs = 0
    let downUntilMs = 0
    let kept: Deferred.Deferred<void> | undefined

    const room = new Room(conversationId, limits, loop, (follower) => resync(follower))
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        live?.run?.on("abandon")
        room.dispose()
      })
    )

    const settleResidence = (): void => {
      const isNeeded = room.followers.size > 0 || (live?.run ?? null) !== null
      if (isNeeded && kept === undefined) {
        kept = Deferred.makeUnsafe<void>()
        fork(reside)
      } else if (!isNeeded && kept !== undefined) {
        Deferred.doneUnsafe(kept, Effect.void)
        kept = undefined
      }
    }

    const load: Effect.Effect<LiveConversation, NotFound | Unavailable> = Effect.gen(function* () {
      if (live !== undefined) return live
      const waitMs = downUntilMs - (yield* Clock.currentTimeMillis)
      if (waitMs > 0) {
        return yield* new Unavailable({
          message: "The conversation is restarting",
          retryAfterMs: waitMs,
          workMayHaveHappened: false
        })
      }
      const loaded = yield* store.load(key)
      if (Option.isNone(loaded)) return yield* new NotFound({ message: "No such conversation", resource: conversationId })
      const next = new LiveConversation(loaded.value)
      isRunOwed = loaded.value.openRuns.length > 0
      const taken = yield* takeOverRuns(services, key, next, loaded.value.openRuns)
      live = next
      isRunOwed = false
      if (taken !== undefined) {
        next.run = taken.run
        room.moveRun(taken.run.question.runId, taken.run.log, next.roomSeq)
        yield* host.answer(next, taken.run, taken)
      }
      for (const follower of room.followers) {
        if (follower.roomSeq !== null && follower.roomSeq < next.roomSeq) resync(follower)
      }
      return next
    })

    /** A defect is logged here, once, and never leaves but as a typed error. */
    const contain = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E | InternalError> =>
      Effect.catchCause(effect, (cause): Effect.Effect<never, E | InternalError> =>
        Cause.hasDies(cause)
          ? Effect.andThen(
              crash(cause),
              Effect.fail(new InternalError({ message: "The conversation had a fault and restarts", workMayHaveHappened: true }))
            )
          : Effect.failCause(cause)
      )

    const crash = (cause: Cause.Cause<unknown>): Effect.Effect<void> =>
      Effect.gen(function* () {
        const nowMs = yield* Clock.currentTimeMillis
        if (nowMs - crashedAtMs > limits.restartForgetMs) restarts = 0
        const delayMs = Math.min(limits.maxRestartDelayMs, limits.restartDelayMs * 2 ** restarts)
        restarts++
        crashedAtMs = nowMs
        downUntilMs = nowMs + delayMs
        yield* Effect.logError("A conversation had a defect and restarts", cause).pipe(
          Effect.annotateLogs({ ...key, restarts, delayMs })
        )
        const run = live?.run ?? null
        live = undefined
        // Not by this fiber, which may be the run's own.
        if (run !== null || isRunOwed || room.followers.size > 0) fork(Effect.andThen(stop(run), restart(delayMs)))
      })

    /** For those who wait without asking: the followers, and the run. */
    const restart = (delayMs: number): Effect.Effect<void> =>
      Effect.sleep(delayMs).pipe(
        Effect.andThen(contain(writer.withPermit(load))),
        Effect.catchTags({
          NotFound: () => Effect.sync(() => room.close("The conversation is no more")),
          Unavailable: (error) => restart(Math.max(error.retryAfterMs, limits.restartDelayMs)),
          // `contain` restarts it.
          InternalError: () => Effect.void
        }),
        Effect.asVoid
      )

    const resync = (follower: LocalFollower): void => {
      fork(Effect.ignore(host.write((current) => resyncRoom(host, current, follower))))
    }

    const host: ConversationHost = {
      key,
      services,
      room,
      use: (f) =>
        contain(
          Effect.flatMap(
            Effect.suspend(() => (live === undefined ? writer.withPermit(load) : load)),
            f
          )
        ),
      exclusively: writer.withPermit,
      write: (f) => contain(writer.withPermit(Effect.flatMap(load, f))),
      answer: (current, run, taken) =>
        Effect.gen(function* () {
          journalWriter.register(key.tenantId, run.log)
          settleResidence()
          const annotations = {
            ...key,
            runId: run.question.runId,
            ...(run.question.requestId === null ? {} : { requestId: run.question.requestId })
          }
          const over = Effect.sync(() => {
            run.end()
            if (current.run === run) current.run = null
            settleResidence()
          })
          yield* answerRun(host, current, run, taken).pipe(
            contain,
            Effect.ignore,
            Effect.ensuring(over),
            services.runningRuns.track,
            Effect.withSpan("conversation.run", { attributes: { ...annotations, model: run.question.model } }),
            Effect.annotateLogs(annotations),
            FiberMap.run(fibers, run.question.runId)
          )
        }),
      doubt: (current) => {
        if (live === current && current.run === null) live = undefined
      },
      remove: Effect.gen(function* () {
        yield* stop(live?.run)
        live = undefined
        room.close("The conversation was deleted")
        settleResidence()
      }),
      settleResidence,
      residence: Effect.suspend(() => (kept === undefined ? Effect.void : Deferred.await(kept))),
      fork
    }
    return host
  })
