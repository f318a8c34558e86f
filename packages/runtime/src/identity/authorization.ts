/** Who may do what to tenants and keys. */
import { Effect } from "effect"
import type { CallerInfo, Role, Scope } from "@parley/domain/Caller"
import { Forbidden } from "@parley/domain/Errors"

/** What having a role includes. */
const included: Record<Role, ReadonlyArray<Role>> = {
  admin: ["admin", "owner", "member", "guest"],
  owner: ["owner", "member", "guest"],
  member: ["member", "guest"],
  guest: ["guest"]
}

/**
 * | Operation | Scope | Least role |
 * |---|---|---|
 * | make a tenant, list tenants, see another tenant | `tenants` | admin |
 * | make, list and revoke the keys of the whole tenant | `keys` | owner |
 * | … of oneself | `keys` | member |
 * | set, list and remove the tenant's own keys of providers | `keys` | owner |
 * | see how the providers do | `tenants` | admin |
 */
export type Operation = "manage-tenants" | "manage-keys" | "manage-own-keys" | "manage-provider-keys" | "see-providers"

const rules: Record<Operation, { readonly scope: Scope; readonly role: Role }> = {
  "manage-tenants": { scope: "tenants", role: "admin" },
  "manage-keys": { scope: "keys", role: "owner" },
  "manage-own-keys": { scope: "keys", role: "member" },
  "manage-provider-keys": { scope: "keys", role: "owner" },
  "see-providers": { scope: "tenants", role: "admin" }
}

/** More than what a room that one was invited into allows. */
export const requireMembership = (caller: CallerInfo): Effect.Effect<void, Forbidden> =>
  has(caller, "member")
    ? Effect.void
    : Effect.fail(new Forbidden({ message: "A guest takes part in the room of the invite, and may do nothing else." }))

const has = (caller: CallerInfo, role: Role): boolean => caller.roles.some((own) => included[own].includes(role))

export const may = (caller: CallerInfo, operation: Operation): boolean =>
  caller.scopes.includes(rules[operation].scope) && has(caller, rules[operation].role)

export const allow = (caller: CallerInfo, operation: Operation): Effect.Effect<void, Forbidden> =>
  may(caller, operation)
    ? Effect.void
    : Effect.fail(
        new Forbidden({
          message: `this needs the scope "${rules[operation].scope}" and the role "${rules[operation].role}"`
        })
      )

/** Nobody gives, or takes, more than they have. */
export const allowPowers = (
  caller: CallerInfo,
  roles: ReadonlyArray<Role>,
  scopes: ReadonlyArray<Scope>
): Effect.Effect<void, Forbidden> => {
  const role = roles.find((wanted) => !has(caller, wanted))
  const scope = scopes.find((wanted) => !caller.scopes.includes(wanted))
  if (role !== undefined) return Effect.fail(new Forbidden({ message: `the caller's key has not the role "${role}"` }))
  if (scope !== undefined) return Effect.fail(new Forbidden({ message: `the caller's key has not the scope "${scope}"` }))
  return Effect.void
}
