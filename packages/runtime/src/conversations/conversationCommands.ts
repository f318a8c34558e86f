/** What a conversation does when it is asked: each is one transaction, and what follows after its commit. Committed before spoken. */
import { Clock, Deferred, Effect, Option } from "effect"
import type { CallerInfo } from "@parley/domain/Caller"
import type { UserContent } from "@parley/domain/Content"
import type { Accepted, Edit, Regenerate, Send } from "@parley/domain/ConversationCommand"
import { untitled } from "@parley/domain/Conversations"
import type { CreateConversation } from "@parley/domain/Conversations"
import { NotFound, Unavailable } from "@parley/domain/Errors"
import type { ConversationError } from "@parley/domain/Errors"
import { makeEpoch, makeMessageId, makeRunId } from "@parley/domain/Ids"
import type { PrincipalId, RunId } from "@parley/domain/Ids"
import type { RunStanding } from "@parley/domain/actors/ConversationActor"
import { initialRunState } from "@parley/domain/foldRun"
import type { Conversation, Member, Message } from "@parley/domain/Message"
import type { ModelParameters } from "@parley/domain/ModelRequest"
import type { AcceptContext, AcceptResult, StoredRun } from "../storage/ConversationStore.ts"
import { ActiveRun } from "./ActiveRun.ts"
import type { ConversationHost } from "./ConversationHost.ts"
import type { LiveConversation } from "./LiveConversation.ts"
import { giveTitle } from "./giveTitle.ts"
import { requireMember, requireOwner } from "./requireMember.ts"
import { RunLog } from "./RunLog.ts"
import { tellLists, tellRoom } from "./tellRoom.ts"

type Answer<A> = Effect.Effect<A, ConversationError>

export const send = (host: ConversationHost, caller: CallerInfo, command: Send): Answer<Accepted> =>
  accept(host, caller, command, command.reply !== false, (context) => host.services.store.acceptSend(host.key, command, context))

export const regenerate = (host: ConversationHost, caller: CallerInfo, command: Regenerate): Answer<Accepted> =>
  accept(host, caller, command, true, (context) => host.services.store.acceptRegenerate(host.key, command, context))

export const edit = (host: ConversationHost, caller: CallerInfo, command: Edit): Answer<Accepted> =>
  accept(host, caller, command, true, (context) => host.services.store.acceptEdit(host.key, command, context))

/** Idempotent; answers when the run's end is stored. Does not wait for the writer, who may be waiting for the run. */
export const cancel = (host: ConversationHost, caller: CallerInfo, runId: RunId): Answer<RunStanding> =>
  host.use((live) =>
    Effect.gen(function* () {
      yield* requireMember(live, caller)
      const { run } = live
      if (run !== null && run.question.runId === runId) {
        run.cancel()
        yield* Deferred.await(run.ended)
      }
      const stored = yield* host.services.store.run(host.key, runId)
      if (Option.isNone(stored)) return yield* new NotFound({ message: "No such run", resource: runId })
      if (stored.value.status === "running") {
        return yield* new Unavailable({
          message: "The run is changing its owner",
          retryAfterMs: host.services.limits.busyRetryAfterMs,
          workMayHaveHappened: true
        })
      }
      return standingOf(stored.value)
    })
  )

export const update = (host: ConversationHost, caller: CallerInfo, change: CreateConversation): Answer<Conversation> =>
  host.write((live) =>
    Effect.gen(function* () {
      yield* requireMember(live, caller)
      if (change.model !== undefined) yield* host.services.models.resolve(host.key.tenantId, change.model)
      const { conversation, roomEvents } = yield* host.services.store.update(host.key, change)
      tellRoom(host, live, roomEvents, yield* Clock.currentTimeMillis)
      return conversation
    }).pipe(Effect.uninterruptible)
  )

export const remove = (host: ConversationHost, caller: CallerInfo): Answer<void> =>
  host.write((live) =>
    requireOwner(live, caller).pipe(
      Effect.andThen(host.services.store.remove(host.key)),
      Effect.andThen(
        Effect.sync(() => tellLists(host, [...live.members.keys()], { type: "changed", conversationId: host.key.conversationId }))
      ),
      Effect.andThen(host.remove),
      Effect.uninterruptible
    )
  )

export const addMember = (host: ConversationHost, caller: CallerInfo, principalId: PrincipalId): Answer<Member> =>
  host.write((live) =>
    Effect.gen(function* () {
      yield* requireOwner(live, caller)
      const { member, roomEvents } = yield* host.services.store.addMember(host.key, principalId)
      tellRoom(host, live, roomEvents, yield* Clock.currentTimeMillis)
      return member
    }).pipe(Effect.uninterruptible)
  )

/** A door has redeemed the caller's invite. */
export const join = (host: ConversationHost, caller: CallerInfo): Answer<Member> =>
  host.write((live) =>
    Effect.gen(function* () {
      const { member, roomEvents } = yield* host.services.store.addMember(host.key, caller.principalId)
      tellRoom(host, live, roomEvents, yield* Clock.currentTimeMillis)
      return member
    }).pipe(Effect.uninterruptible)
  )

/** The owner removes anybody; a member itself. */
export const removeMember = (host: ConversationHost, caller: CallerInfo, principalId: PrincipalId): Answer<void> =>
  host.write((live) =>
    Effect.gen(function* () {
      yield* principalId === caller.principalId ? requireMember(live, caller) : requireOwner(live, caller)
      const { roomEvents } = yield* host.services.store.removeMember(host.key, principalId)
      tellRoom(host, live, roomEvents, yield* Clock.currentTimeMillis)
      host.room.close("No longer a member of this conversation", principalId)
      host.settleResidence()
    }).pipe(Effect.uninterruptible)
  )

export const standingOf = (run: StoredRun): RunStanding => ({
  runId: run.runId,
  messageId: run.messageId,
  conversationId: run.conversationId,
  model: run.model,
  status: run.status,
  startedAtMs: run.startedAtMs,
  endedAtMs: run.endedAtMs
})

/**
 * | inside the transaction | after its commit |
 * |---|---|
 * | client message id, message, empty answer, run, room events | events told, run registered and started, then the answer |
 *
 * Not interruptible: once committed, the run must start. An unclear commit makes the actor read its state again before the next command, which
 * takes over a run that was stored after all.
 */
const accept = <E extends ConversationError>(
  host: ConversationHost,
  caller: CallerInfo,
  command: { readonly model?: string; readonly parameters?: ModelParameters; readonly content?: UserContent },
  isAnswered: boolean,
  store: (context: AcceptContext) => Effect.Effect<AcceptResult, E>
): Answer<Accepted> =>
  Effect.flatMap(
    // Before it is this command's turn, since a provider may be asked for its models here.
    host.use((live) => Effect.andThen(requireMember(live, caller), prepare(host, live, caller, command, isAnswered))),
    (context) =>
      host.write((live) =>
        Effect.gen(function* () {
          yield* requireMember(live, caller)
          const { accepted, roomEvents } = yield* store(context).pipe(
            Effect.tapError((error) =>
              Effect.sync(() => {
                if (error._tag === "Unavailable" || error._tag === "Conflict") host.doubt(live)
              })
            )
          )
          if (accepted.duplicate) return accepted
          if (live.conversation.title === untitled && command.content !== undefined) giveTitle(host, command.content)
          if (context.run === null) {
            tellRoom(host, live, roomEvents, yield* Clock.currentTimeMillis)
            return accepted
          }
          const run = register(host, live, caller, context.run)
          run.path = pathOf(live, context, roomEvents)
          tellRoom(host, live, roomEvents, yield* Clock.currentTimeMillis)
          host.room.tellRun(run.log)
          yield* host.answer(live, run)
          return accepted
        }).pipe(Effect.uninterruptible)
      )
  )

/** What leads to the question, if it is known without reading it. */
const pathOf = (
  live: LiveConversation,
  context: AcceptContext,
  events: AcceptResult["roomEvents"]
): ReadonlyArray<Message> | undefined => {
  for (const { event } of events) {
    if (event.type === "message-added" && event.message.id === context.messageId) return live.pathTo(event.message)
  }
  return undefined
}

const prepare = (
  host: ConversationHost,
  live: LiveConversation,
  caller: CallerInfo,
  command: { readonly model?: string; readonly parameters?: ModelParameters },
  isAnswered: boolean
): Answer<AcceptContext> =>
  Effect.gen(function* () {
    const authorId = caller.principalId
    const messageId = yield* makeMessageId
    if (!isAnswered) return { authorId, messageId, run: null }
    const resolved = yield* host.services.models.resolve(host.key.tenantId, command.model ?? live.conversation.model)
    return {
      authorId,
      messageId,
      run: {
        runId: yield* makeRunId,
        messageId: yield* makeMessageId,
        epoch: yield* makeEpoch,
        model: resolved.name,
        parameters: { ...live.conversation.parameters, ...command.parameters },
        requestId: caller.requestId
      }
    }
  })

const register = (
  host: ConversationHost,
  live: LiveConversation,
  caller: CallerInfo,
  stored: NonNullable<AcceptContext["run"]>
): ActiveRun => {
  const { limits, schedule } = host.services
  const { epoch, messageId, model, parameters, requestId, runId } = stored
  const { principalId } = caller
  const log = new RunLog({ conversationId: host.key.conversationId, runId, epoch }, initialRunState(messageId, model), 0, limits)
  const run = new ActiveRun({ runId, messageId, principalId, model, parameters, requestId }, log, schedule)
  live.run = run
  return run
}
