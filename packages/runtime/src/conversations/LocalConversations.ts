/**
 * `Conversations` where the actors live in the same process: commands go to the actor's address, reads to the store, and a follower's port is
 * attached to the actor's log as plain callbacks.
 */
import { Cause, Effect, Layer, Option } from "effect"
import { ConversationActor, conversationEntityId } from "@parley/domain/actors/ConversationActor"
import { Caller } from "@parley/domain/Caller"
import type { CallerInfo } from "@parley/domain/Caller"
import { Conversations } from "@parley/domain/Conversations"
import { Busy, InternalError, InvalidRequest, NotFound, Unavailable } from "@parley/domain/Errors"
import type { ConversationError } from "@parley/domain/Errors"
import { makeConversationId } from "@parley/domain/Ids"
import type { ConversationId } from "@parley/domain/Ids"
import type { ConversationKey, LoadedConversation } from "../storage/ConversationStore.ts"
import * as ConversationEntity from "./ConversationEntity.ts"
import { standingOf } from "./conversationCommands.ts"
import { conversationServices } from "./ConversationServices.ts"
import * as ConversationSharding from "./ConversationSharding.ts"
import { FlushScheduler } from "./FlushScheduler.ts"
import { attachFollower } from "./followConversation.ts"
import { JournalWriter } from "./JournalWriter.ts"
import { ResidentConversations } from "./ResidentConversations.ts"
import { RunningRuns } from "./RunningRuns.ts"
import * as RunRecovery from "./RunRecovery.ts"

const service = Layer.effect(
  Conversations,
  Effect.gen(function* () {
    const { limits, providers, store } = yield* conversationServices
    const residents = yield* ResidentConversations
    const clientOf = yield* ConversationActor.client

    const keyOf = (caller: CallerInfo, conversationId: ConversationId): ConversationKey => ({
      tenantId: caller.tenantId,
      conversationId
    })

    /** For reads: from the store, so that reading wakes nobody. */
    const membership = (caller: CallerInfo, id: ConversationId): Effect.Effect<LoadedConversation, ConversationError> =>
      Effect.flatMap(store.load(keyOf(caller, id)), (loaded) =>
        Option.isSome(loaded) && loaded.value.members.some((member) => member.principalId === caller.principalId)
          ? Effect.succeed(loaded.value)
          : Effect.fail(new NotFound({ message: "No such conversation", resource: id }))
      )

    /** An actor is woken only for one who may see its conversation: ids of nothing must not fill the process. */
    const address = (caller: CallerInfo, id: ConversationId): Effect.Effect<string, ConversationError> => {
      const entityId = conversationEntityId(caller.tenantId, id)
      return residents.get(entityId) === undefined ? Effect.as(membership(caller, id), entityId) : Effect.succeed(entityId)
    }

    type Client = ReturnType<typeof clientOf>

    /** A bounded ask; whatever the actors' machinery answers becomes an error of the domain. */
    const ask = <A, E extends { readonly _tag: string }>(
      caller: CallerInfo,
      id: ConversationId,
      f: (client: Client) => Effect.Effect<A, E | ConversationError>
    ): Effect.Effect<A, ConversationError> =>
      Effect.flatMap(address(caller, id), (entityId) => f(clientOf(entityId))).pipe(
        Effect.timeoutOrElse({
          duration: limits.commandTimeoutMs,
          orElse: () => Effect.fail(unavailable("The conversation did not answer in time"))
        }),
        Effect.catchCause((cause) => {
          const error = Cause.findErrorOption(cause)
          if (Option.isSome(error)) return Effect.fail(toConversationError(error.value))
          // The actor was moved or stopped while it worked on this.
          if (Cause.hasInterruptsOnly(cause)) return Effect.fail(unavailable("The conversation is moving"))
          return Effect.andThen(
            Effect.logError("A command had a defect outside of its conversation", cause),
            Effect.fail(new InternalError({ message: "Internal error", workMayHaveHappened: true }))
          )
        })
      )

    const toConversationError = (error: { readonly _tag: string } | ConversationError): ConversationError =>
      isConversationError(error)
        ? error
        : error._tag === "MailboxFull"
          ? new Busy({ message: "Too much is asked of this conversation now", retryAfterMs: limits.busyRetryAfterMs })
          : unavailable("The conversation is moving")

    const unavailable = (message: string) =>
      new Unavailable({ message, retryAfterMs: limits.busyRetryAfterMs, workMayHaveHappened: true })

    const defaultModel = Effect.flatMap(providers.models, (models) => {
      const first = models.find((model) => model.kind === "chat") ?? models[0]
      return first === undefined
        ? Effect.fail(new InvalidRequest({ message: "No model is live", issues: [] }))
        : Effect.succeed(first.id)
    })

    return Conversations.of({
      create: (input) =>
        Effect.gen(function* () {
          const caller = yield* Caller
          const model = input.model === undefined ? yield* defaultModel : (yield* providers.resolve(input.model)).name
          const id = yield* makeConversationId
          return yield* store.create(keyOf(caller, id), caller.principalId, { ...input, model })
        }),
      list: (page) => Effect.flatMap(Caller, ({ principalId, tenantId }) => store.list(tenantId, principalId, page)),
      get: (id) => Effect.flatMap(Caller, (caller) => Effect.map(membership(caller, id), ({ conversation }) => conversation)),
      messages: (id, page) =>
        Effect.flatMap(Caller, (caller) => Effect.andThen(membership(caller, id), store.messages(keyOf(caller, id), page))),
      members: (id) => Effect.flatMap(Caller, (caller) => Effect.map(membership(caller, id), ({ members }) => members)),
      run: (id, runId) =>
        Effect.gen(function* () {
          const caller = yield* Caller
          yield* membership(caller, id)
          const run = yield* store.run(keyOf(caller, id), runId)
          if (Option.isNone(run)) return yield* new NotFound({ message: "No such run", resource: runId })
          return standingOf(run.value)
        }),
      update: (id, change) => Effect.flatMap(Caller, (caller) => ask(caller, id, (client) => client.Update({ caller, change }))),
      remove: (id) => Effect.flatMap(Caller, (caller) => ask(caller, id, (client) => client.Remove({ caller }))),
      addMember: (id, principalId) =>
        Effect.flatMap(Caller, (caller) => ask(caller, id, (client) => client.AddMember({ caller, principalId }))),
      removeMember: (id, principalId) =>
        Effect.flatMap(Caller, (caller) => ask(caller, id, (client) => client.RemoveMember({ caller, principalId }))),
      send: (id, command) => Effect.flatMap(Caller, (caller) => ask(caller, id, (client) => client.Send({ caller, command }))),
      regenerate: (id, command) =>
        Effect.flatMap(Caller, (caller) => ask(caller, id, (client) => client.Regenerate({ caller, command }))),
      edit: (id, command) => Effect.flatMap(Caller, (caller) => ask(caller, id, (client) => client.Edit({ caller, command }))),
      cancel: (id, runId) => Effect.flatMap(Caller, (caller) => ask(caller, id, (client) => client.Cancel({ caller, runId }))),
      follow: (id, port) =>
        Effect.gen(function* () {
          const caller = yield* Caller
          yield* ask(caller, id, (client) => client.Open({ caller }))
          const host = residents.get(conversationEntityId(caller.tenantId, id))
          if (host === undefined) return yield* unavailable("The conversation is moving")
          return yield* attachFollower(host, caller, port)
        })
    })
  })
)

const conversationErrors: Record<ConversationError["_tag"], true> = {
  Forbidden: true,
  NotFound: true,
  ModelNotFound: true,
  InvalidRequest: true,
  Conflict: true,
  Busy: true,
  Unavailable: true,
  InternalError: true
}
const isConversationError = (error: { readonly _tag: string } | ConversationError): error is ConversationError =>
  Object.hasOwn(conversationErrors, error._tag)

/** All of one process: needs `ConversationStore`, `RunJournal`, `Providers` and `Tenants`. */
export const layer = Layer.mergeAll(service, RunRecovery.layer).pipe(
  Layer.provide(ConversationEntity.layer),
  Layer.provide(ConversationSharding.layerSingleProcess),
  Layer.provide([FlushScheduler.layer, JournalWriter.layer, ResidentConversations.layer]),
  Layer.provideMerge(RunningRuns.layer)
)
