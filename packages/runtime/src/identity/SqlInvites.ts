/** `Invites` in Postgres. */
import { Clock, Effect, Layer, Schema } from "effect"
import type { SqlClient, Statement } from "effect/sql"
import { Caller } from "@parley/domain/Caller"
import type { CallerInfo, Role, Scope } from "@parley/domain/Caller"
import { Conflict, Forbidden, NotFound } from "@parley/domain/Errors"
import { ConversationId, InviteId, makeInviteId, TenantId } from "@parley/domain/Ids"
import type { SessionId } from "@parley/domain/Ids"
import { Invite, InvitePreview, Invites, maxInvitesPerRoom } from "@parley/domain/Invites"
import { decodeRows } from "../storage/decodeRows.ts"
import { requireMemberOf } from "../storage/requireMemberOf.ts"
import { SystemSql } from "../storage/SystemSql.ts"
import { TenantSql } from "../storage/TenantSql.ts"
import * as Keys from "./apiKeys.ts"
import { hashSecret, isMade, makeSecretOf } from "./apiKeySecret.ts"
import { requireMembership } from "./authorization.ts"
import { insertSession } from "./sessionRows.ts"
import { SignInLimits } from "./SignInLimits.ts"
import { VerifiedKeys } from "./VerifiedKeys.ts"
import { readWhoAmI, selectWhoAmI } from "./whoAmI.ts"

const weekMs = 604_800_000
/** More than a room may have that are good; those that are over are shown until they are swept. */
const maxListed = 500
const guestRoles: ReadonlyArray<Role> = ["guest"]
const guestScopes: ReadonlyArray<Scope> = ["chat"]
const unnamed = "Guest"

const badInvite = new NotFound({
  message: "the invite is wrong, used up, revoked or expired; ask for another one",
  resource: "invite"
})
const inviteNotFound = new NotFound({ message: "no such invite", resource: "invite" })

const decodeInvites = decodeRows(Invite)
const decodePreviews = decodeRows(InvitePreview)
const decodeOwners = decodeRows(Schema.Struct({ tenantId: TenantId }))
const Taken = Schema.Struct({
  id: InviteId,
  conversationId: ConversationId,
  tenantStatus: Schema.Literals(["active", "suspended"])
})
const decodeTaken = decodeRows(Taken)

const columns = (sql: SqlClient.SqlClient): Statement.Fragment => sql`
  i.id, i.conversation_id as "conversationId", i.created_by as "createdBy", i.max_uses as "maxUses", i.uses,
  i.created_at_ms::float8 as "createdAtMs", i.expires_at_ms::float8 as "expiresAtMs",
  i.revoked_at_ms::float8 as "revokedAtMs"`

const isGood = (sql: SqlClient.SqlClient, nowMs: number): Statement.Fragment =>
  sql`i.revoked_at_ms is null and i.expires_at_ms > ${nowMs}::bigint and i.uses < i.max_uses`

const make = Effect.gen(function* () {
  const tenantSql = yield* TenantSql
  const systemSql = yield* SystemSql
  const verifiedKeys = yield* VerifiedKeys
  const limits = yield* SignInLimits

  /** Of a room that the caller is in, and may invite into. */
  const requireRoom = Effect.fnUntraced(function* (caller: CallerInfo, id: ConversationId) {
    yield* requireMemberOf(tenantSql, caller, id)
    yield* requireMembership(caller)
  })

  /** Whose invite it is; it is looked at, and used, in the tenant's own transaction. */
  const ownerOf = Effect.fnUntraced(function* (token: string) {
    if (!isMade("pi_", token)) return yield* badInvite
    const hash = hashSecret(token)
    const rows = yield* systemSql.read(
      (sql) => sql`select tenant_id as "tenantId" from invites where hash = decode(${hash}, 'hex')`
    )
    const [owner] = yield* decodeOwners(rows)
    return owner === undefined ? yield* badInvite : { ...owner, hash }
  })

  return Invites.of({
    create: Effect.fn("Invites.create")(function* (conversationId, input) {
      const caller = yield* Caller
      yield* requireRoom(caller, conversationId)
      const nowMs = yield* Clock.currentTimeMillis
      const id = yield* makeInviteId
      const token = makeSecretOf("pi_")
      const rows = yield* tenantSql.write(
        caller.tenantId,
        (sql) => sql`
          insert into invites as i
            (id, hash, conversation_id, created_by, max_uses, created_at_ms, expires_at_ms)
          select ${id}, decode(${hashSecret(token)}, 'hex'), c.id, ${caller.principalId}, ${input.maxUses ?? 1}::integer,
            ${nowMs}::bigint, ${nowMs + (input.expiresInMs ?? weekMs)}::bigint
          from conversations c where c.id = ${conversationId}
            and (select count(*) from invites i where i.conversation_id = c.id and ${isGood(sql, nowMs)}) < ${maxInvitesPerRoom}
          returning ${columns(sql)}`
      )
      const [invite] = yield* decodeInvites(rows)
      if (invite === undefined) {
        return yield* new Conflict({ message: `the room has ${maxInvitesPerRoom} invites that are still good; revoke one first` })
      }
      return { invite, token }
    }),

    list: Effect.fn("Invites.list")(function* (conversationId) {
      const caller = yield* Caller
      yield* requireRoom(caller, conversationId)
      const rows = yield* tenantSql.read(
        caller.tenantId,
        (sql) => sql`
          select ${columns(sql)} from invites i where i.conversation_id = ${conversationId} order by i.id desc limit ${maxListed}`
      )
      return yield* decodeInvites(rows)
    }),

    revoke: Effect.fn("Invites.revoke")(function* (id) {
      const caller = yield* Caller
      const nowMs = yield* Clock.currentTimeMillis
      const rows = yield* tenantSql.write(
        caller.tenantId,
        (sql) => sql`
          update invites i set revoked_at_ms = coalesce(i.revoked_at_ms, ${nowMs}::bigint)
          from members b
          where i.id = ${id} and b.conversation_id = i.conversation_id and b.principal_id = ${caller.principalId}
            and (b.role = 'owner' or i.created_by = ${caller.principalId})
          returning ${columns(sql)}`
      )
      const [invite] = yield* decodeInvites(rows)
      return invite ?? (yield* inviteNotFound)
    }),

    preview: Effect.fn("Invites.preview")(function* (token) {
      const { hash, tenantId } = yield* ownerOf(token)
      const nowMs = yield* Clock.currentTimeMillis
      const rows = yield* tenantSql.read(
        tenantId,
        (sql) => sql`
          select c.title, p.display_name as "invitedBy", t.name as tenant, i.expires_at_ms::float8 as "expiresAtMs"
          from invites i join conversations c on c.id = i.conversation_id join principals p on p.id = i.created_by
            join tenants t on t.id = i.tenant_id
          where i.hash = decode(${hash}, 'hex') and ${isGood(sql, nowMs)} and t.status = 'active'`
      )
      const [preview] = yield* decodePreviews(rows)
      return preview ?? (yield* badInvite)
    }),

    redeem: Effect.fn("Invites.redeem")(function* (input, known, userAgent) {
      const { hash, tenantId } = yield* ownerOf(input.token)
      const nowMs = yield* Clock.currentTimeMillis
      const { ended, ...redeemed } = yield* tenantSql.as(tenantId)((sql) =>
        Effect.gen(function* () {
          const [taken] = yield* Effect.flatMap(
            sql`
              update invites i set uses = i.uses + 1 from tenants t
              where i.hash = decode(${hash}, 'hex') and ${isGood(sql, nowMs)} and t.id = i.tenant_id
              returning i.id, i.conversation_id as "conversationId", t.status as "tenantStatus"`,
            decodeTaken
          )
          if (taken === undefined) return yield* badInvite
          if (taken.tenantStatus === "suspended") return yield* new Forbidden({ message: "the tenant is suspended" })
          const where = { inviteId: taken.id, conversationId: taken.conversationId }
          const ended: ReadonlyArray<SessionId> = []
          if (known?.tenantId === tenantId) return { ...where, caller: known, signedIn: undefined, ended }
          const principalId = yield* Keys.insertPrincipal(sql, input.displayName ?? unnamed)
          const caller = { tenantId, principalId, roles: guestRoles, scopes: guestScopes }
          const holder = { ...caller, keyId: null, expiresAtMs: null }
          const made = yield* insertSession(sql, holder, userAgent, limits)
          const rows = yield* selectWhoAmI(sql, caller, null)
          const told = yield* Effect.catchTag(readWhoAmI(caller, rows), "NotFound", Effect.die)
          const { secret, session } = made
          return { ...where, caller, signedIn: { secret, session, whoAmI: { ...told, session } }, ended: made.ended }
        })
      )
      for (const id of ended) verifiedKeys.forgetKey(redeemed.caller, id)
      return redeemed
    }),

    giveBack: Effect.fn("Invites.giveBack")(function* ({ caller, inviteId, signedIn }) {
      const nowMs = yield* Clock.currentTimeMillis
      yield* tenantSql.as(caller.tenantId)((sql) =>
        Effect.gen(function* () {
          yield* sql`update invites set uses = uses - 1 where id = ${inviteId} and uses > 0`
          if (signedIn !== undefined) yield* sql`update sessions set revoked_at_ms = ${nowMs} where id = ${signedIn.session.id}`
        })
      )
      if (signedIn !== undefined) verifiedKeys.forgetKey(caller, signedIn.session.id)
    })
  })
})

const layer: Layer.Layer<Invites, never, TenantSql | SystemSql | VerifiedKeys> = Layer.effect(Invites, make)

export const SqlInvites = { layer }
