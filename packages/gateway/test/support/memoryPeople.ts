/** Sessions, invites and lists in memory, as far as a door can tell. */
import { Caller } from "@parley/domain/Caller"
import { ConversationList, type ListedConversation } from "@parley/domain/ConversationList"
import { NotFound, Unauthorized } from "@parley/domain/Errors"
import { makeFolderId, makeInviteId, makeSessionId } from "@parley/domain/Ids"
import type { ConversationId } from "@parley/domain/Ids"
import { Invites, type Invite } from "@parley/domain/Invites"
import { SignIns, type Session, type SignedIn } from "@parley/domain/SignIns"
import { Secret } from "@parley/domain/Secret"
import { Effect, Layer } from "effect"
import { doorCaller, doorKeys, doorPrincipal, doorTenant } from "./doorKeys.ts"

export const goodToken = "pl_good"
export const goodInvite = "pi_good"

const nobody = new Unauthorized({ message: "no such link" })
const noInvite = new NotFound({ message: "no such invite", resource: "invite" })
const noConversation = new NotFound({ message: "no such conversation", resource: "conversation" })

export class MemoryPeople {
  readonly signedOut: Array<string> = []
  readonly givenBack: Array<string> = []
  /** What each call was asked with. */
  readonly asked: Array<unknown> = []
  inviteRoom: ConversationId | undefined

  readonly #signedIn = Effect.map(makeSessionId, (id): SignedIn => {
    const session: Session = {
      id,
      createdAtMs: 1,
      userAgent: "",
      lastUsedAtMs: 1,
      expiresAtMs: Date.now() + 86_400_000,
      idleMs: 3_600_000
    }
    const { roles, scopes } = doorCaller
    const whoAmI = {
      principal: { id: doorPrincipal, displayName: "Ada" },
      tenant: { id: doorTenant, name: "Parley" },
      roles,
      scopes,
      session
    }
    return { secret: new Secret(doorKeys.session), session, whoAmI }
  })

  readonly layer: Layer.Layer<SignIns | Invites | ConversationList> = Layer.mergeAll(
    Layer.sync(SignIns, () => ({
      signIn: (input) => ("token" in input && input.token !== goodToken ? Effect.fail(nobody) : this.#signedIn),
      whoAmI: (secret) =>
        Effect.map(this.#signedIn, ({ session, whoAmI }) => ({ ...whoAmI, session: secret === undefined ? null : session })),
      signOut: (secret) => Effect.sync(() => this.signedOut.push(secret.reveal())),
      list: Effect.map(this.#signedIn, ({ session }) => [session]),
      revoke: () => Effect.fail(new NotFound({ message: "no such session", resource: "session" }))
    })),
    Layer.sync(Invites, () => ({
      create: (conversationId, input) =>
        Effect.map(this.#invite(conversationId, input.maxUses), (invite) => ({ invite, token: goodInvite })),
      list: (id) => Effect.map(this.#invite(id), (invite) => [invite]),
      revoke: () => Effect.fail(new NotFound({ message: "no such invite", resource: "invite" })),
      preview: (token) =>
        token === goodInvite
          ? Effect.succeed({ title: "Room", invitedBy: "Ada", tenant: "Parley", expiresAtMs: 2 })
          : Effect.fail(noInvite),
      redeem: (input, caller) =>
        Effect.gen({ self: this }, function* () {
          this.asked.push({ displayName: input.displayName, caller })
          if (input.token !== goodInvite || this.inviteRoom === undefined) return yield* noInvite
          return {
            inviteId: yield* makeInviteId,
            conversationId: this.inviteRoom,
            caller: caller ?? doorCaller,
            signedIn: caller === undefined ? yield* this.#signedIn : undefined
          }
        }),
      giveBack: ({ inviteId }) => Effect.sync(() => this.givenBack.push(inviteId))
    })),
    Layer.sync(ConversationList, () => ({
      list: (request) =>
        Effect.sync(() => {
          this.asked.push(request)
          return { items: [], nextCursor: null }
        }),
      listed: (id) => Effect.succeed(listed(id)),
      mark: (id, marks) =>
        Effect.map(Caller, ({ principalId }): ListedConversation => {
          this.asked.push({ id, marks, principalId })
          return listed(id)
        }),
      search: (request) =>
        Effect.sync(() => {
          this.asked.push(request)
          return { conversations: [], messages: [], nextCursor: null }
        }),
      folders: Effect.succeed([]),
      createFolder: (name) => Effect.map(makeFolderId, (id) => ({ id, name, createdAtMs: 1 })),
      renameFolder: (id, name) => Effect.succeed({ id, name, createdAtMs: 1 }),
      removeFolder: () => Effect.fail(noConversation)
    }))
  )

  readonly #invite = (conversationId: ConversationId, maxUses = 1) =>
    Effect.map(makeInviteId, (id): Invite => ({
      id,
      conversationId,
      createdBy: doorPrincipal,
      maxUses,
      uses: 0,
      createdAtMs: 1,
      expiresAtMs: 2,
      revokedAtMs: null
    }))
}

const listed = (id: ConversationId): ListedConversation => ({
  id,
  title: "Room",
  model: "demo/echo",
  systemPrompt: null,
  parameters: {},
  createdBy: doorPrincipal,
  createdAtMs: 1,
  updatedAtMs: 1,
  folderId: null,
  isPinned: false,
  isArchived: false,
  role: "owner",
  memberCount: 1
})
