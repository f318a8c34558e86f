/** Links into a room of the tenant: whoever holds one comes in as a guest, who takes part in that room and in nothing else. */
import { Context, Schema } from "effect"
import type { Effect } from "effect"
import type { Caller, CallerInfo } from "./Caller.ts"
import type { Conflict, Forbidden, NotFound, Unavailable } from "./Errors.ts"
import { ConversationId, InviteId, PrincipalId } from "./Ids.ts"
import { TimestampMs } from "./Message.ts"
import { DisplayName } from "./Names.ts"
import { SecretInput, WhoAmI } from "./SignIns.ts"
import type { SignedIn } from "./SignIns.ts"

/** Guests that one link lets in, at most. */
export const maxInviteUses = 1_000
/** Longest that a link is good, in milliseconds: 30 days. */
export const maxInviteMs = 2_592_000_000
/** Links of one room that are still good. */
export const maxInvitesPerRoom = 50

export const InviteInput = Schema.Struct({
  /** 1 when absent: a link for one person. */
  maxUses: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: maxInviteUses }))),
  /** A week when absent. */
  expiresInMs: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 60_000, maximum: maxInviteMs })))
})
export type InviteInput = typeof InviteInput.Type

export const Invite = Schema.Struct({
  id: InviteId,
  conversationId: ConversationId,
  createdBy: PrincipalId,
  maxUses: Schema.Int,
  uses: Schema.Int,
  createdAtMs: TimestampMs,
  expiresAtMs: TimestampMs,
  revokedAtMs: Schema.NullOr(TimestampMs)
})
export type Invite = typeof Invite.Type

/** The only time that the token is told. The link is the app's address with `/#invite=` and the token. */
export const IssuedInvite = Schema.Struct({ invite: Invite, token: Schema.String })
export type IssuedInvite = typeof IssuedInvite.Type

export const InviteToken = Schema.Struct({ token: SecretInput })

/** What somebody with the link may know before accepting it. */
export const InvitePreview = Schema.Struct({
  title: Schema.String,
  invitedBy: Schema.String,
  tenant: Schema.String,
  expiresAtMs: TimestampMs
})
export type InvitePreview = typeof InvitePreview.Type

export const AcceptInvite = Schema.Struct({
  token: SecretInput,
  /** How the others see the guest. Not asked of one who is signed in to this tenant already: they join as who they are. */
  displayName: Schema.optionalKey(DisplayName)
})
export type AcceptInvite = typeof AcceptInvite.Type

export const InviteAccepted = Schema.Struct({ conversationId: ConversationId, whoAmI: Schema.NullOr(WhoAmI) })
export type InviteAccepted = typeof InviteAccepted.Type

export interface RedeemedInvite {
  readonly inviteId: InviteId
  readonly conversationId: ConversationId
  /** Who joins. */
  readonly caller: Omit<CallerInfo, "requestId">
  /** Undefined for one who was signed in. */
  readonly signedIn: SignedIn | undefined
}

/** Whether the link is wrong, used up, revoked or expired is not told apart: it is NotFound. */
export class Invites extends Context.Service<
  Invites,
  {
    /** By a member of the room, who is no guest. */
    readonly create: (
      id: ConversationId,
      input: InviteInput
    ) => Effect.Effect<IssuedInvite, NotFound | Forbidden | Conflict | Unavailable, Caller>
    /** Of a room of the caller's, newest first; those that are over too. */
    readonly list: (id: ConversationId) => Effect.Effect<ReadonlyArray<Invite>, NotFound | Forbidden | Unavailable, Caller>
    /** By who made it, or the room's owner. */
    readonly revoke: (id: InviteId) => Effect.Effect<Invite, NotFound | Unavailable, Caller>
    readonly preview: (token: string) => Effect.Effect<InvitePreview, NotFound | Unavailable>
    /** Counts one use. The caller joins the room afterwards; `giveBack` when that fails. */
    readonly redeem: (
      input: AcceptInvite,
      caller: CallerInfo | undefined,
      userAgent: string
    ) => Effect.Effect<RedeemedInvite, NotFound | Forbidden | Unavailable>
    readonly giveBack: (redeemed: RedeemedInvite) => Effect.Effect<void, Unavailable>
  }
>()("@parley/domain/Invites") {}
