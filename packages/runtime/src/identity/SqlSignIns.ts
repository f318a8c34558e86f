/** `SignIns` in Postgres. What ends a session here is seen at once in this process, and by notice in the others. */
import { Clock, Effect, Layer, Schema } from "effect"
import { Caller } from "@parley/domain/Caller"
import { Forbidden, NotFound, Unauthorized } from "@parley/domain/Errors"
import { PrincipalId, SessionId, TenantId } from "@parley/domain/Ids"
import type { ApiKeyId } from "@parley/domain/Ids"
import { SignIns } from "@parley/domain/SignIns"
import { decodeRows } from "../storage/decodeRows.ts"
import { SystemSql } from "../storage/SystemSql.ts"
import { TenantSql } from "../storage/TenantSql.ts"
import { hashSecret, isMade, isSecret } from "./apiKeySecret.ts"
import { decodeSessions, insertSession, isGood, sessionColumns } from "./sessionRows.ts"
import { selectGoodKey, takeSignInLink } from "./signInLinks.ts"
import { SignInLimits } from "./SignInLimits.ts"
import { unauthorized, VerifiedKeys } from "./VerifiedKeys.ts"
import type { KeyOwner } from "./VerifiedKeys.ts"
import { readWhoAmI, selectWhoAmI } from "./whoAmI.ts"

/** More than anybody may have at a time: they are bounded where they are made. */
const maxListed = 1_000

const badLink = new Unauthorized({
  message: "the sign-in link is wrong, has been used, or has expired; `parley link` makes another one"
})
const suspended = new Forbidden({ message: "the tenant is suspended" })
const sessionNotFound = new NotFound({ message: "no such session", resource: "session" })
const decodeSignedOut = decodeRows(Schema.Struct({ id: SessionId, principalId: PrincipalId }))
const decodeOwners = decodeRows(Schema.Struct({ tenantId: TenantId }))

const layer: Layer.Layer<SignIns, never, TenantSql | SystemSql | VerifiedKeys> = Layer.effect(
  SignIns,
  Effect.gen(function* () {
    const tenantSql = yield* TenantSql
    const systemSql = yield* SystemSql
    const verifiedKeys = yield* VerifiedKeys
    const limits = yield* SignInLimits

    const forget = (owner: KeyOwner, ids: ReadonlyArray<SessionId>) => {
      for (const id of ids) verifiedKeys.forgetKey(owner, id)
    }

    /** Whose link it is; it is used up in the tenant's own transaction. */
    const ownerOfLink = Effect.fnUntraced(function* (hash: string) {
      const nowMs = yield* Clock.currentTimeMillis
      const rows = yield* systemSql.read(
        (sql) => sql`
          select tenant_id as "tenantId" from sign_in_links
          where hash = decode(${hash}, 'hex') and used_at_ms is null and expires_at_ms > ${nowMs}::bigint`
      )
      const [owner] = yield* decodeOwners(rows)
      return owner?.tenantId ?? (yield* badLink)
    })

    type By = { readonly link: string } | { readonly key: string }

    const open = Effect.fnUntraced(function* (tenantId: TenantId, by: By, userAgent: string) {
      const { caller, ended, secret, session, whoAmI } = yield* tenantSql.as(tenantId)((sql) =>
        Effect.gen(function* () {
          const keyId: ApiKeyId | undefined = "link" in by ? yield* takeSignInLink(sql, by.link) : undefined
          if ("link" in by && keyId === undefined) return yield* badLink
          const key = yield* selectGoodKey(sql, keyId === undefined ? { hash: "key" in by ? by.key : "" } : { id: keyId })
          if (key === undefined) return yield* "link" in by ? badLink : unauthorized
          if (key.tenantStatus === "suspended") return yield* suspended
          const made = yield* insertSession(sql, key, userAgent, limits)
          const { principalId, roles, scopes } = key
          const caller = { tenantId, principalId, roles, scopes }
          return { ...made, caller, whoAmI: yield* selectWhoAmI(sql, caller, hashSecret(made.secret.reveal())) }
        })
      )
      forget(caller, ended)
      return { secret, session, whoAmI: yield* Effect.catchTag(readWhoAmI(caller, whoAmI), "NotFound", Effect.die) }
    })

    return SignIns.of({
      signIn: Effect.fn("SignIns.signIn")(function* (input, userAgent) {
        if ("token" in input) {
          if (!isMade("pl_", input.token)) return yield* badLink
          const link = hashSecret(input.token)
          return yield* open(yield* ownerOfLink(link), { link }, userAgent)
        }
        if (!isSecret(input.apiKey)) return yield* unauthorized
        const key = hashSecret(input.apiKey)
        const { tenantId } = yield* verifiedKeys.lookup(key)
        return yield* open(tenantId, { key }, userAgent)
      }),

      whoAmI: Effect.fn("SignIns.whoAmI")(function* (secret) {
        const caller = yield* Caller
        const hash = secret === undefined ? null : hashSecret(secret.reveal())
        return yield* readWhoAmI(caller, yield* tenantSql.read(caller.tenantId, (sql) => selectWhoAmI(sql, caller, hash)))
      }),

      signOut: Effect.fn("SignIns.signOut")(function* (secret) {
        if (!isMade("ps_", secret.reveal())) return
        const hash = hashSecret(secret.reveal())
        const [owner] = yield* Effect.flatMap(
          systemSql.read((sql) => sql`select tenant_id as "tenantId" from sessions where hash = decode(${hash}, 'hex')`),
          decodeOwners
        )
        if (owner === undefined) return
        const nowMs = yield* Clock.currentTimeMillis
        const rows = yield* tenantSql.write(
          owner.tenantId,
          (sql) => sql`
            update sessions set revoked_at_ms = coalesce(revoked_at_ms, ${nowMs}::bigint)
            where hash = decode(${hash}, 'hex') returning id, principal_id as "principalId"`
        )
        for (const { id, principalId } of yield* decodeSignedOut(rows)) forget({ tenantId: owner.tenantId, principalId }, [id])
      }),

      list: Effect.gen(function* () {
        const caller = yield* Caller
        const nowMs = yield* Clock.currentTimeMillis
        const rows = yield* tenantSql.read(
          caller.tenantId,
          (sql) => sql`
            select ${sessionColumns(sql)} from sessions s where s.principal_id = ${caller.principalId} and ${isGood(sql, nowMs)}
            order by s.id desc limit ${maxListed}`
        )
        return yield* decodeSessions(rows)
      }).pipe(Effect.withSpan("SignIns.list")),

      revoke: Effect.fn("SignIns.revoke")(function* (id) {
        const caller = yield* Caller
        const nowMs = yield* Clock.currentTimeMillis
        const rows = yield* tenantSql.write(
          caller.tenantId,
          (sql) => sql`
            update sessions set revoked_at_ms = coalesce(revoked_at_ms, ${nowMs}::bigint)
            where id = ${id} and principal_id = ${caller.principalId} returning id`
        )
        if (rows.length === 0) return yield* sessionNotFound
        forget(caller, [id])
      })
    })
  })
)

export const SqlSignIns = { layer }
