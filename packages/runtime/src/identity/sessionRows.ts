/** The rows of sessions. Every function runs inside the tenant's transaction. */
import { Clock, Effect, Schema } from "effect"
import type { SqlClient, Statement } from "effect/sql"
import type { Role, Scope } from "@parley/domain/Caller"
import { makeSessionId, SessionId } from "@parley/domain/Ids"
import type { ApiKeyId, PrincipalId } from "@parley/domain/Ids"
import { Session } from "@parley/domain/SignIns"
import { Secret } from "@parley/domain/Secret"
import { storableText } from "../storage/conversations/rows.ts"
import { decodeRows } from "../storage/decodeRows.ts"
import { hashSecret, makeSecretOf } from "./apiKeySecret.ts"
import type { SignInLimitsValues } from "./SignInLimits.ts"

/** What is kept of how a browser names itself, in UTF-16 code units. */
const maxUserAgentLength = 256

export const decodeSessions = decodeRows(Session)
const decodeEnded = decodeRows(Schema.Struct({ id: SessionId }))

export const sessionColumns = (sql: SqlClient.SqlClient): Statement.Fragment => sql`
  s.id, s.user_agent as "userAgent", s.created_at_ms::float8 as "createdAtMs", s.last_used_at_ms::float8 as "lastUsedAtMs",
  s.expires_at_ms::float8 as "expiresAtMs", s.idle_ms::float8 as "idleMs"`

/** Not revoked, and neither too old nor unused for too long. */
export const isGood = (sql: SqlClient.SqlClient, nowMs: number): Statement.Fragment => sql`
  s.revoked_at_ms is null and s.expires_at_ms > ${nowMs}::bigint and s.last_used_at_ms + s.idle_ms > ${nowMs}::bigint`

export interface Holder {
  readonly principalId: PrincipalId
  readonly keyId: ApiKeyId | null
  readonly roles: ReadonlyArray<Role>
  readonly scopes: ReadonlyArray<Scope>
  /** The session is over with it. */
  readonly expiresAtMs: number | null
}

/** A new session, and which others it ended. */
export const insertSession = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  holder: Holder,
  agent: string,
  limits: SignInLimitsValues
) {
  const nowMs = yield* Clock.currentTimeMillis
  const id = yield* makeSessionId
  const secret = makeSecretOf("ps_")
  const userAgent = storableText(agent.slice(0, maxUserAgentLength))
  const expiresAtMs = Math.min(nowMs + limits.sessionMaxMs, holder.expiresAtMs ?? Number.POSITIVE_INFINITY)
  yield* sql`
    insert into sessions (
      id, principal_id, key_id, hash, roles, scopes, user_agent, created_at_ms, last_used_at_ms, expires_at_ms, idle_ms
    ) values (
      ${id}, ${holder.principalId}, ${holder.keyId}, decode(${hashSecret(secret)}, 'hex'), ${holder.roles}, ${holder.scopes},
      ${userAgent}, ${nowMs}, ${nowMs}, ${expiresAtMs}, ${limits.sessionIdleMs}
    )`
  const ended = yield* Effect.flatMap(
    sql`
      update sessions set revoked_at_ms = ${nowMs} where id in (
        select s.id from sessions s where s.principal_id = ${holder.principalId} and ${isGood(sql, nowMs)}
        order by s.last_used_at_ms desc, s.id desc offset ${limits.maxSessionsPerPrincipal}
      ) returning id`,
    decodeEnded
  )
  const session: Session = {
    id,
    createdAtMs: nowMs,
    userAgent,
    lastUsedAtMs: nowMs,
    expiresAtMs,
    idleMs: limits.sessionIdleMs
  }
  return { secret: new Secret(secret), session, ended: ended.map((row) => row.id) }
})
