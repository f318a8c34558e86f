/** A tenant that has something of everything: what the tests of isolation try to reach. */
import { Effect, Exit, Layer, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import type { Caller, CallerInfo } from "@parley/domain/Caller"
import { Caller as CallerService } from "@parley/domain/Caller"
import { Attachments } from "@parley/domain/Attachments"
import { ConversationList } from "@parley/domain/ConversationList"
import { makeSessionId, RequestId } from "@parley/domain/Ids"
import type { AttachmentId } from "@parley/domain/Ids"
import type { ApiKeyId, FolderId, InviteId, PromptId, SessionId, ShareId } from "@parley/domain/Ids"
import { Invites } from "@parley/domain/Invites"
import { Prompts } from "@parley/domain/Prompts"
import { Shares } from "@parley/domain/Shares"
import { layerReloadable } from "@parley/providers/ReloadableProviders"
import { CircuitBreaker } from "effect/persistence"
import { Identity } from "../../../src/identity/Identity.ts"
import * as SqlModelAccess from "../../../src/identity/SqlModelAccess.ts"
import { SqlConversationList } from "../../../src/list/SqlConversationList.ts"
import { SqlAttachments } from "../../../src/attachments/SqlAttachments.ts"
import { ObjectStore } from "../../../src/objects/ObjectStore.ts"
import { SqlPrompts } from "../../../src/prompts/SqlPrompts.ts"
import { SqlShares } from "../../../src/shares/SqlShares.ts"
import { SecretBox } from "../../../src/secrets/SecretBox.ts"
import type { AcceptContext, ConversationKey } from "../../../src/storage/ConversationStore.ts"
import { ConversationStore } from "../../../src/storage/ConversationStore.ts"
import { RunJournal } from "../../../src/storage/RunJournal.ts"
import { SqlConversationStore } from "../../../src/storage/SqlConversationStore.ts"
import { SqlRunJournal } from "../../../src/storage/SqlRunJournal.ts"
import { Tenants } from "../../../src/tenants/Tenants.ts"
import { makeApiKeyId } from "./ids.ts"
import { closeOf, contextOf, said, seedConversation, seedTenant, TestDatabase } from "./TestDatabase.ts"
import type { SeededTenant } from "./TestDatabase.ts"

const Keys = Layer.merge(
  layerReloadable({ openai: { apiKey: Redacted.make("sk-shared") } }).pipe(Layer.provide(CircuitBreaker.layerStoreMemory())),
  SecretBox.layer([Redacted.make("master".repeat(8))])
)

export const Tested = Layer.mergeAll(
  SqlConversationStore.layer,
  SqlRunJournal.layer,
  SqlConversationList.layer,
  SqlShares.layer.pipe(Layer.provide(ObjectStore.layerMemory)),
  SqlPrompts.layer,
  SqlAttachments.layer.pipe(Layer.provide(ObjectStore.layerMemory)),
  SqlModelAccess.layer.pipe(Layer.provide(Keys)),
  Identity.layer
).pipe(Layer.provideMerge(Tenants.layer), Layer.provideMerge(TestDatabase))

/** In everything that the other tenant owns, so that any leak shows. */
export const secret = "the-other-tenants-secret"

export interface Other extends SeededTenant {
  readonly key: ConversationKey
  readonly closed: AcceptContext & { readonly run: NonNullable<AcceptContext["run"]> }
  readonly open: AcceptContext & { readonly run: NonNullable<AcceptContext["run"]> }
  readonly apiKeyId: ApiKeyId
  readonly folderId: FolderId
  readonly sessionId: SessionId
  readonly inviteId: InviteId
  readonly shareId: ShareId
  readonly promptId: PromptId
  readonly attachmentId: AttachmentId
}

/** A tenant with at least one row in every table. */
export const furnished = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const store = yield* ConversationStore
  const journal = yield* RunJournal
  const tenant = yield* seedTenant
  yield* sql`update principals set display_name = ${secret} where tenant_id = ${tenant.tenantId}`
  yield* sql`update tenants set name = ${secret}, allowed_models = ${[secret]} where id = ${tenant.tenantId}`
  const key = yield* seedConversation(tenant)
  yield* store.update(key, { title: secret, systemPrompt: secret })
  yield* store.addMember(key, tenant.bob)
  yield* store.remove(yield* seedConversation(tenant))
  const closed = yield* contextOf(tenant.alice)
  yield* store.acceptSend(key, said(secret), closed)
  yield* store.closeRun(key, closeOf(closed, secret))
  const open = yield* contextOf(tenant.alice)
  yield* store.acceptSend(key, said(secret), open)
  yield* journal.append([
    {
      tenantId: tenant.tenantId,
      runId: open.run.runId,
      epoch: open.run.epoch,
      seq: 1,
      count: 1,
      events: [{ type: "text-delta", text: secret }]
    }
  ])
  const apiKeyId = yield* makeApiKeyId
  yield* sql`
    insert into api_keys (tenant_id, id, principal_id, display_name, prefix, hash, roles, scopes, created_at_ms)
    values (${tenant.tenantId}, ${apiKeyId}, ${tenant.alice}, ${secret}, ${secret}, ${Buffer.from(apiKeyId)},
      ${["owner"]}, ${["keys"]}, 1)`
  yield* sql`
    insert into provider_keys (tenant_id, provider, master_key_id, sealed, hint, created_at_ms)
    values (${tenant.tenantId}, 'openai', ${secret}, ${secret}, ${secret}, 1)`
  const as = <A, E>(effect: Effect.Effect<A, E, Caller>) => Effect.provideService(effect, CallerService, callerOf(tenant))
  const { id: folderId } = yield* as((yield* ConversationList).createFolder(secret))
  const { id: inviteId } = (yield* as((yield* Invites).create(key.conversationId, {}))).invite
  const shared = yield* as((yield* Shares).create(key.conversationId, { messageId: closed.run.messageId }))
  const shareId = shared.share.id
  const { id: promptId } = yield* as((yield* Prompts).create({ kind: "prompt", name: secret, text: secret, isShared: true }))
  const attachment = yield* as((yield* Attachments).upload(key.conversationId, secret, new TextEncoder().encode(secret)))
  const attachmentId = attachment.id
  const sessionId = yield* makeSessionId
  yield* sql`
    insert into sessions (
      tenant_id, id, principal_id, key_id, hash, roles, scopes, user_agent, created_at_ms, last_used_at_ms, expires_at_ms, idle_ms
    ) values (${tenant.tenantId}, ${sessionId}, ${tenant.alice}, ${apiKeyId}, ${Buffer.from(sessionId)}, ${["owner"]}, ${["chat"]},
      ${secret}, 1, 1, 9000000000000, 9000000000000)`
  yield* sql`
    insert into sign_in_links (tenant_id, hash, key_id, created_at_ms, expires_at_ms)
    values (${tenant.tenantId}, ${Buffer.from(sessionId)}, ${apiKeyId}, 1, 9000000000000)`
  const other: Other = { ...tenant, key, closed, open, apiKeyId, folderId, sessionId, inviteId, shareId, promptId, attachmentId }
  return other
})

/** The most that somebody can be without being an administrator of everything. */
export const callerOf = (own: SeededTenant): CallerInfo => ({
  tenantId: own.tenantId,
  principalId: own.alice,
  roles: ["owner", "member"],
  scopes: ["chat", "completions", "keys", "tenants", "metrics"],
  requestId: RequestId.make("req")
})

interface TenantTable {
  readonly name: string
  readonly tenantColumn: string
}

/** Every table but the migrator's own. `tenants` is its own tenant. */
export const tenantTables = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{ readonly name: string }>`
    select c.relname as name from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and c.relname <> 'parley_migrations'
    order by c.relname`
  return rows.map(({ name }): TenantTable => ({ name, tenantColumn: name === "tenants" ? "id" : "tenant_id" }))
})

/** Everything that a tenant has, as text. */
export const belongings = Effect.fnUntraced(function* (tenantId: string) {
  const sql = yield* SqlClient.SqlClient
  const all: Array<string> = []
  for (const { name, tenantColumn } of yield* tenantTables) {
    const rows = yield* sql<{ readonly row: string }>`
      select row_to_json(t)::text as row from ${sql(name)} t where ${sql(tenantColumn)} = ${tenantId} order by 1`
    all.push(...rows.map(({ row }) => `${name}: ${row}`))
  }
  return all
})

/** What an attempt came back with, in full. */
export const shown = (exit: Exit.Exit<unknown, unknown>): string => {
  if (Exit.isSuccess(exit)) return JSON.stringify(exit.value ?? null)
  return exit.cause.reasons.map((reason) => (reason._tag === "Fail" ? JSON.stringify(reason.error) : "a defect")).join()
}
