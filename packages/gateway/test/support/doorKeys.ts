/** Keys of every kind that the HTTP doors tell apart, and an authenticator that knows them. */
import { Authenticator } from "@parley/domain/Administration"
import type { CallerInfo, Role, Scope } from "@parley/domain/Caller"
import { Forbidden, Unauthorized, Unavailable } from "@parley/domain/Errors"
import { PrincipalId, TenantId } from "@parley/domain/Ids"
import { Effect, Layer } from "effect"

export const doorKeys = {
  member: "pk_member_00000000000000000000000000",
  admin: "pk_admin_000000000000000000000000000",
  metrics: "pk_metrics_0000000000000000000000000",
  /** May complete, not chat. */
  completions: "pk_completions_000000000000000000000",
  /** May chat, not complete. */
  chat: "pk_chat_0000000000000000000000000000",
  /** Of a suspended tenant. */
  suspended: "pk_suspended_00000000000000000000000",
  /** Asked while the store of keys is away. */
  away: "pk_away_0000000000000000000000000000",
  /** Of a session: what the cookie holds. */
  session: "ps_session_00000000000000000000000000",
  /** Whose check dies. */
  broken: "pk_broken_00000000000000000000000000"
} as const

export const doorTenant = TenantId.make(`ten_${"0".repeat(26)}`)
export const doorPrincipal = PrincipalId.make(`prn_${"1".repeat(26)}`)

const caller = (roles: ReadonlyArray<Role>, scopes: ReadonlyArray<Scope>): Omit<CallerInfo, "requestId"> => ({
  tenantId: doorTenant,
  principalId: doorPrincipal,
  roles,
  scopes
})

export const doorCaller = caller(["member"], ["chat"])

const callers = new Map<string, Omit<CallerInfo, "requestId">>([
  [doorKeys.member, caller(["member"], ["chat", "completions"])],
  [doorKeys.admin, caller(["admin"], ["chat", "completions", "keys", "tenants"])],
  [doorKeys.metrics, caller(["member"], ["metrics"])],
  [doorKeys.completions, caller(["member"], ["completions"])],
  [doorKeys.chat, doorCaller],
  [doorKeys.session, doorCaller]
])

export const layerDoorKeys = Layer.succeed(Authenticator, {
  authenticate: (key, requestId) => {
    const text = key.reveal()
    const known = callers.get(text)
    if (known !== undefined) return Effect.succeed({ ...known, requestId })
    if (text === doorKeys.suspended) return Effect.fail(new Forbidden({ message: "The tenant is suspended." }))
    if (text === doorKeys.away)
      return Effect.fail(new Unavailable({ message: "Keys cannot be read.", retryAfterMs: 1_500, workMayHaveHappened: false }))
    if (text === doorKeys.broken) return Effect.die(new Error("a defect of the test's"))
    return Effect.fail(new Unauthorized({ message: "No such key." }))
  }
})
