/**
 * `Conversations` over the actors, wherever they live: commands go to the actor's address, reads to the store. Only how a follower is
 * attached differs between one process and many.
 */
import { Effect, Option } from "effect"
import type { Scope } from "effect"
import { ConversationActor, conversationEntityId } from "@parley/domain/actors/ConversationActor"
import { Caller } from "@parley/domain/Caller"
import type { CallerInfo } from "@parley/domain/Caller"
import { Conversations } from "@parley/domain/Conversations"
import { Notices } from "@parley/domain/Notices"
import type { Follower, FollowerPort } from "@parley/domain/Conversations"
import { InvalidRequest, NotFound } from "@parley/domain/Errors"
import type { ConversationError, ModelNotFound } from "@parley/domain/Errors"
import { makeConversationId } from "@parley/domain/Ids"
import type { ConversationId, TenantId } from "@parley/domain/Ids"
import { requireMembership } from "../identity/authorization.ts"
import { ConversationStore } from "../storage/ConversationStore.ts"
import type { ConversationKey, LoadedConversation } from "../storage/ConversationStore.ts"
import { TenantModels } from "../tenants/TenantModels.ts"
import { askActor, countRefusal } from "./askActor.ts"
import { ConversationLimits } from "./ConversationLimits.ts"
import { standingOf } from "./conversationCommands.ts"

export interface Whereabouts {
  /** The actor is known to be of a conversation that exists. */
  readonly isKnown: (entityId: string) => boolean
  /** The caller's membership was just checked by the actor. */
  readonly attach: (
    caller: CallerInfo,
    id: ConversationId,
    port: FollowerPort
  ) => Effect.Effect<Follower, ConversationError, Scope.Scope>
}

/** Requires `ConversationStore`, `TenantModels` and `Sharding`. */
export const makeConversations = (where: Whereabouts) =>
  Effect.gen(function* () {
    const store = yield* ConversationStore
    const models = yield* TenantModels
    const limits = yield* ConversationLimits
    const notices = yield* Notices
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
      return where.isKnown(entityId) ? Effect.succeed(entityId) : Effect.as(membership(caller, id), entityId)
    }

    type Client = ReturnType<typeof clientOf>

    const ask = <A, E extends { readonly _tag: string }>(
      caller: CallerInfo,
      id: ConversationId,
      f: (client: Client) => Effect.Effect<A, E | ConversationError>
    ): Effect.Effect<A, ConversationError> =>
      Effect.flatMap(Effect.tapError(address(caller, id), countRefusal), (entityId) => askActor(limits, f(clientOf(entityId))))

    const defaultModel = (tenantId: TenantId) =>
      Effect.flatMap(models.models(tenantId), (all) => {
        const first = all.find((model) => model.kind === "chat") ?? all[0]
        return first === undefined
          ? Effect.fail(new InvalidRequest({ message: "No model is live", issues: [] }))
          : Effect.succeed(first.id)
      })

    const modelOf = (tenantId: TenantId, name: string | undefined): Effect.Effect<string, ConversationError> =>
      name === undefined ? defaultModel(tenantId) : Effect.map(models.resolve(tenantId, name), (model) => model.name)

    /** It may have been made while there was that model. */
    const madeBefore = (caller: CallerInfo, id: ConversationId | undefined, refused: ModelNotFound | InvalidRequest) =>
      id === undefined
        ? Effect.fail(refused)
        : membership(caller, id).pipe(
            Effect.catchTag("NotFound", () => Effect.fail(refused)),
            Effect.flatMap(({ conversation }) =>
              conversation.createdBy === caller.principalId ? Effect.succeed(conversation) : Effect.fail(refused)
            )
          )

    return Conversations.of({
      create: (input) =>
        Effect.gen(function* () {
          const caller = yield* Caller
          const { principalId, tenantId } = caller
          yield* requireMembership(caller)
          const id = input.id ?? (yield* makeConversationId)
          const make = input.id === undefined ? store.create : store.createOnce
          const conversation = yield* modelOf(tenantId, input.model).pipe(
            Effect.flatMap((model) => make(keyOf(caller, id), principalId, { ...input, model })),
            Effect.catchTags({
              ModelNotFound: (refused) => madeBefore(caller, input.id, refused),
              InvalidRequest: (refused) => madeBefore(caller, input.id, refused)
            })
          )
          notices.tell({ type: "list", tenantId, principalIds: [principalId], change: { type: "changed", conversationId: id } })
          return conversation
        }),
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
      update: (id, change) =>
        Effect.flatMap(Caller, (caller) =>
          Effect.andThen(
            requireMembership(caller),
            ask(caller, id, (client) => client.Update({ caller, change }))
          )
        ),
      remove: (id) =>
        Effect.flatMap(Caller, (caller) =>
          ask(caller, id, (client) => client.Remove({ caller })).pipe(
            // Said again by one who did not hear that it was done: a page that goes cannot wait for the answer.
            Effect.catchTag("NotFound", (notFound) =>
              Effect.flatMap(store.isRemoved(keyOf(caller, id)), (isRemoved) => (isRemoved ? Effect.void : Effect.fail(notFound)))
            )
          )
        ),
      addMember: (id, principalId) =>
        Effect.flatMap(Caller, (caller) => ask(caller, id, (client) => client.AddMember({ caller, principalId }))),
      // Not asked whether the caller may see it: this is how it comes to.
      join: (id) =>
        Effect.flatMap(Caller, (caller) =>
          askActor(limits, clientOf(conversationEntityId(caller.tenantId, id)).Join({ caller }))
        ),
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
          return yield* where.attach(caller, id, port)
        })
    })
  })
