/** Callers with given powers, and keys in the database. */
import { Effect } from "effect"
import { Administration, Authenticator } from "@parley/domain/Administration"
import { Caller } from "@parley/domain/Caller"
import type { CallerInfo, Role, Scope } from "@parley/domain/Caller"
import { RequestId } from "@parley/domain/Ids"
import type { PrincipalId, TenantId } from "@parley/domain/Ids"
import { Secret } from "@parley/domain/Secret"

export const requestId = RequestId.make("req_test")

export const allScopes: ReadonlyArray<Scope> = ["chat", "completions", "keys", "tenants", "metrics"]

export const callerWith = (
  who: { readonly tenantId: TenantId; readonly principalId: PrincipalId },
  roles: ReadonlyArray<Role>,
  scopes: ReadonlyArray<Scope> = allScopes
): CallerInfo => ({ ...who, roles, scopes, requestId })

export const authenticate = (secret: string) =>
  Effect.flatMap(Authenticator, (authenticator) => authenticator.authenticate(new Secret(secret), requestId))

export const administer = <A, E>(
  caller: CallerInfo,
  use: (administration: Administration["Service"]) => Effect.Effect<A, E, Caller>
) => Effect.flatMap(Administration, (administration) => Effect.provideService(use(administration), Caller, caller))

/** Who holds the key. */
export const callerOf = Effect.fnUntraced(function* (secret: string) {
  return yield* authenticate(secret)
})

export const tagOf = <A, E extends { readonly _tag: string }, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.match(effect, { onFailure: (error) => error._tag, onSuccess: () => "allowed" })
