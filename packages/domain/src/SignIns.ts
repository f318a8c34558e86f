/**
 * Coming in: a one-time token or an API key is exchanged for a session, whose secret lives in a cookie that no script can read. A session is a
 * credential like a key: `Authenticator` knows both.
 */
import { Context, Schema } from "effect"
import type { Effect } from "effect"
import { Role, Scope } from "./Caller.ts"
import type { Caller } from "./Caller.ts"
import type { Forbidden, NotFound, Unauthorized, Unavailable } from "./Errors.ts"
import { PrincipalId, SessionId, TenantId } from "./Ids.ts"
import { TimestampMs } from "./Message.ts"
import type { Secret } from "./Secret.ts"

/** Longest token or key that is looked at. */
const maxSecretLength = 512
export const SecretInput = Schema.String.check(Schema.isMaxLength(maxSecretLength), Schema.isMinLength(1))

/** What a session is had for: the token of a sign-in link (used up by it), or an API key (which stays as it is). */
export const SignIn = Schema.Union([Schema.Struct({ token: SecretInput }), Schema.Struct({ apiKey: SecretInput })])
export type SignIn = typeof SignIn.Type

export const Session = Schema.Struct({
  id: SessionId,
  createdAtMs: TimestampMs,
  /** Told by the browser when it signed in; shown so that a person recognises it. */
  userAgent: Schema.String,
  lastUsedAtMs: TimestampMs,
  /** Over at the latest then … */
  expiresAtMs: TimestampMs,
  /** … and when it was not used for so long. */
  idleMs: Schema.Int
})
export type Session = typeof Session.Type

/** Who is signed in. */
export const WhoAmI = Schema.Struct({
  principal: Schema.Struct({ id: PrincipalId, displayName: Schema.String }),
  tenant: Schema.Struct({ id: TenantId, name: Schema.String }),
  roles: Schema.Array(Role),
  scopes: Schema.Array(Scope),
  /** Null for one who came with an API key. */
  session: Schema.NullOr(Session)
})
export type WhoAmI = typeof WhoAmI.Type

export interface SignedIn {
  /** For the cookie; stored only as a hash. */
  readonly secret: Secret
  readonly session: Session
  readonly whoAmI: WhoAmI
}

type SignInError = Unauthorized | Forbidden | Unavailable

export class SignIns extends Context.Service<
  SignIns,
  {
    /** `userAgent`: as the browser names itself; cut to its first 256 characters. */
    readonly signIn: (input: SignIn, userAgent: string) => Effect.Effect<SignedIn, SignInError>
    /** `secret`: the session's, when the caller came with one. */
    readonly whoAmI: (secret: Secret | undefined) => Effect.Effect<WhoAmI, NotFound | Unavailable, Caller>
    /** Idempotent; a secret of nothing is no error. */
    readonly signOut: (secret: Secret) => Effect.Effect<void, Unavailable>
    /** The caller's own that are not over, newest first. */
    readonly list: Effect.Effect<ReadonlyArray<Session>, Unavailable, Caller>
    readonly revoke: (id: SessionId) => Effect.Effect<void, NotFound | Unavailable, Caller>
  }
>()("@parley/domain/SignIns") {}
