/**
 * No tenant sees another. Generated: every table is found in the catalogue, every operation in its service, and each is tried with another
 * tenant's ids. A new table without row-level security, or a new service or operation without an attempt here, fails.
 */
import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { assert, describe, layer } from "@effect/vitest"
import { Effect, Exit, Layer, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { Administration } from "@parley/domain/Administration"
import type { Caller, CallerInfo } from "@parley/domain/Caller"
import { Caller as CallerService } from "@parley/domain/Caller"
import { Attachments } from "@parley/domain/Attachments"
import { ConversationList } from "@parley/domain/ConversationList"
import { makeSessionId, RequestId } from "@parley/domain/Ids"
import type { AttachmentId } from "@parley/domain/Ids"
import type { ApiKeyId, FolderId, InviteId, PrincipalId, PromptId, RunId, SessionId, ShareId } from "@parley/domain/Ids"
import { Invites } from "@parley/domain/Invites"
import { ModelAccess } from "@parley/domain/ModelAccess"
import { Secret } from "@parley/domain/Secret"
import { Prompts } from "@parley/domain/Prompts"
import { Shares } from "@parley/domain/Shares"
import { SignIns } from "@parley/domain/SignIns"
import { layerReloadable } from "@parley/providers/ReloadableProviders"
import { CircuitBreaker } from "effect/persistence"
import { Identity } from "../../src/identity/Identity.ts"
import * as SqlModelAccess from "../../src/identity/SqlModelAccess.ts"
import { SqlConversationList } from "../../src/list/SqlConversationList.ts"
import { SqlAttachments } from "../../src/attachments/SqlAttachments.ts"
import { ObjectStore } from "../../src/objects/ObjectStore.ts"
import { SqlPrompts } from "../../src/prompts/SqlPrompts.ts"
import { SqlShares } from "../../src/shares/SqlShares.ts"
import { SecretBox } from "../../src/secrets/SecretBox.ts"
import type { AcceptContext, ConversationKey } from "../../src/storage/ConversationStore.ts"
import { ConversationStore } from "../../src/storage/ConversationStore.ts"
import { RunJournal } from "../../src/storage/RunJournal.ts"
import { SqlConversationStore } from "../../src/storage/SqlConversationStore.ts"
import { SqlRunJournal } from "../../src/storage/SqlRunJournal.ts"
import { TenantSql } from "../../src/storage/TenantSql.ts"
import { Tenants } from "../../src/tenants/Tenants.ts"
import { makeApiKeyId, makeClientMessageId, makeEpoch } from "./support/ids.ts"
import { closeOf, contextOf, said, seedConversation, seedTenant, TestDatabase } from "./support/TestDatabase.ts"
import type { SeededTenant } from "./support/TestDatabase.ts"

const Keys = Layer.merge(
  layerReloadable({ openai: { apiKey: Redacted.make("sk-shared") } }).pipe(Layer.provide(CircuitBreaker.layerStoreMemory())),
  SecretBox.layer([Redacted.make("master".repeat(8))])
)

const Tested = Layer.mergeAll(
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
const secret = "the-other-tenants-secret"

interface Other extends SeededTenant {
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
const furnished = Effect.gen(function* () {
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

interface TenantTable {
  readonly name: string
  readonly tenantColumn: string
}

/** Every table but the migrator's own. `tenants` is its own tenant. */
const tenantTables = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{ readonly name: string }>`
    select c.relname as name from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and c.relname <> 'parley_migrations'
    order by c.relname`
  return rows.map(({ name }): TenantTable => ({ name, tenantColumn: name === "tenants" ? "id" : "tenant_id" }))
})

/** Those on which row-level security is not enabled, forced, and bound to the tenant for the program's role. */
const unprotected = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const faults: Array<string> = []
  for (const { name, tenantColumn } of yield* tenantTables) {
    const [flags] = yield* sql<{ readonly isForced: boolean }>`
      select relrowsecurity and relforcerowsecurity as "isForced" from pg_class where oid = ${name}::regclass`
    const policies = yield* sql<{ readonly using: string | null; readonly check: string | null }>`
      select qual as using, with_check as check from pg_policies
      where schemaname = 'public' and tablename = ${name} and 'parley_app' = any (roles)`
    const expected = `(${tenantColumn} = current_setting('app.tenant_id'::text, true))`
    const isBound = policies.length === 1 && policies.every(({ check, using }) => using === expected && check === expected)
    if (flags?.isForced !== true || !isBound) faults.push(name)
  }
  return faults
})

/** Everything that a tenant has, as text. */
const belongings = Effect.fnUntraced(function* (tenantId: string) {
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
const shown = (exit: Exit.Exit<unknown, unknown>): string => {
  if (Exit.isSuccess(exit)) return JSON.stringify(exit.value ?? null)
  return exit.cause.reasons.map((reason) => (reason._tag === "Fail" ? JSON.stringify(reason.error) : "a defect")).join()
}

type Attempt<Service> = (service: Service, own: SeededTenant, other: Other) => Effect.Effect<unknown, unknown, Caller>
type Attempts<Service> = { readonly [Method in keyof Service]: Attempt<Service> }

/** The other tenant's conversation, addressed as one's own: what a forged id in a request comes to. */
const forged = (own: SeededTenant, other: Other): ConversationKey => ({
  tenantId: own.tenantId,
  conversationId: other.key.conversationId
})

const turn = <A>(own: PrincipalId, use: (context: Other["open"]) => Effect.Effect<A, unknown>) =>
  Effect.flatMap(contextOf(own), use)

const storeAttempts: Attempts<ConversationStore["Service"]> = {
  create: (store, own, other) => store.create({ ...other.key, tenantId: own.tenantId }, other.alice, { model: "demo/echo" }),
  // The id is the other tenant's, and free all the same.
  createOnce: (store, own, other) => store.createOnce(forged(own, other), own.alice, { model: "demo/echo" }),
  load: (store, own, other) => store.load(forged(own, other)),
  update: (store, own, other) => store.update(forged(own, other), { title: "taken" }),
  isRemoved: (store, own, other) => store.isRemoved(forged(own, other)),
  remove: (store, own, other) => store.remove(forged(own, other)),
  addMember: (store, own, other) => store.addMember(forged(own, other), own.alice),
  removeMember: (store, own, other) => store.removeMember(forged(own, other), other.bob),
  acceptSend: (store, own, other) => turn(own.alice, (context) => store.acceptSend(forged(own, other), said("x"), context)),
  acceptRegenerate: (store, own, other) =>
    turn(own.alice, (context) =>
      store.acceptRegenerate(
        forged(own, other),
        { clientMessageId: makeClientMessageId(), messageId: other.closed.run.messageId },
        context
      )
    ),
  acceptEdit: (store, own, other) =>
    turn(other.alice, (context) =>
      store.acceptEdit(
        forged(own, other),
        { clientMessageId: makeClientMessageId(), messageId: other.closed.messageId, content: said("x").content },
        context
      )
    ),
  closeRun: (store, own, other) => store.closeRun(forged(own, other), closeOf(other.open, "taken")),
  takeOverRun: (store, own, other) =>
    Effect.flatMap(makeEpoch, (epoch) =>
      store.takeOverRun(forged(own, other), other.open.run.runId, { from: other.open.run.epoch, to: epoch })
    ),
  run: (store, own, other) => store.run(forged(own, other), other.open.run.runId),
  closedRun: (store, own, other) => store.closedRun(forged(own, other), other.closed.run.runId),
  path: (store, own, other) => store.path(forged(own, other), other.closed.run.messageId, 10),
  messages: (store, own, other) => store.messages(forged(own, other), {}),
  latestMessages: (store, own, other) => store.latestMessages(forged(own, other), 10),
  roomEventsAfter: (store, own, other) => store.roomEventsAfter(forged(own, other), 0, 100),
  // The one operation across tenants, for the take-over after a crash: addresses of runs, and nothing that anybody said.
  openRuns: (store) => store.openRuns(1_000)
}

const journalAttempts: Attempts<RunJournal["Service"]> = {
  // Called by the program with its own runs' tenants, never with a caller's.
  append: (journal, own, other) =>
    journal.append([
      { tenantId: own.tenantId, runId: other.open.run.runId, epoch: other.open.run.epoch, seq: 9, count: 1, events: [] }
    ]),
  succeed: (journal, own, other) =>
    Effect.flatMap(makeEpoch, (to) => journal.succeed(own.tenantId, other.open.run.runId, { from: other.open.run.epoch, to })),
  read: (journal, own, other) => journal.read(own.tenantId, other.open.run.runId),
  dropClosedBefore: (journal) => journal.dropClosedBefore(0)
}

const administrationAttempts: Attempts<Administration["Service"]> = {
  createTenant: (administration) => administration.createTenant({ name: "mine" }),
  listTenants: (administration) => administration.listTenants,
  getTenant: (administration, _own, other) => administration.getTenant(other.tenantId),
  createApiKey: (administration, _own, other) => administration.createApiKey({ displayName: "theirs", principalId: other.alice }),
  listApiKeys: (administration) => administration.listApiKeys,
  revokeApiKey: (administration, _own, other) => administration.revokeApiKey(other.apiKeyId)
}

const listAttempts: Attempts<ConversationList["Service"]> = {
  list: (list, _own, other) => list.list({ folder: other.folderId }),
  listed: (list, _own, other) => list.listed(other.key.conversationId),
  mark: (list, _own, other) => list.mark(other.key.conversationId, { isPinned: true, folderId: other.folderId }),
  search: (list) => list.search({ query: secret }),
  folders: (list) => list.folders,
  createFolder: (list) => list.createFolder("mine"),
  renameFolder: (list, _own, other) => list.renameFolder(other.folderId, "taken"),
  removeFolder: (list, _own, other) => list.removeFolder(other.folderId)
}

const signInAttempts: Attempts<SignIns["Service"]> = {
  signIn: (signIns, _own, other) => signIns.signIn({ token: other.sessionId }, ""),
  whoAmI: (signIns, _own, other) => signIns.whoAmI(new Secret(other.sessionId)),
  signOut: (signIns, _own, other) => signIns.signOut(new Secret(other.sessionId)),
  list: (signIns) => signIns.list,
  revoke: (signIns, _own, other) => signIns.revoke(other.sessionId)
}

const shareAttempts: Attempts<Shares["Service"]> = {
  create: (shares, _own, other) => shares.create(other.key.conversationId, { messageId: other.closed.run.messageId }),
  list: (shares, _own, other) => shares.list(other.key.conversationId),
  revoke: (shares, _own, other) => shares.revoke(other.shareId),
  // Whoever holds the token may: it is the other tenant's to give.
  read: (shares) => shares.read(`sh_${"0".repeat(43)}`, {}),
  file: (shares, _own, other) => shares.file(`sh_${"0".repeat(43)}`, other.attachmentId)
}

const promptAttempts: Attempts<Prompts["Service"]> = {
  list: (prompts) => prompts.list,
  create: (prompts) => prompts.create({ kind: "prompt", name: "mine", text: "" }),
  update: (prompts, _own, other) => prompts.update(other.promptId, { name: "taken" }),
  remove: (prompts, _own, other) => prompts.remove(other.promptId)
}

const attachmentAttempts: Attempts<Attachments["Service"]> = {
  upload: (attachments, _own, other) => attachments.upload(other.key.conversationId, "x", new Uint8Array([120])),
  download: (attachments, _own, other) => attachments.download(other.attachmentId)
}

const inviteAttempts: Attempts<Invites["Service"]> = {
  create: (invites, _own, other) => invites.create(other.key.conversationId, {}),
  list: (invites, _own, other) => invites.list(other.key.conversationId),
  revoke: (invites, _own, other) => invites.revoke(other.inviteId),
  // Whoever holds the token may: it is the other tenant's to give.
  preview: (invites) => invites.preview(`pi_${"0".repeat(43)}`),
  redeem: (invites, own) => invites.redeem({ token: `pi_${"0".repeat(43)}` }, callerOf(own), ""),
  giveBack: (invites, own, other) =>
    invites.giveBack({
      inviteId: other.inviteId,
      conversationId: other.key.conversationId,
      caller: callerOf(own),
      signedIn: undefined
    })
}

const accessAttempts: Attempts<ModelAccess["Service"]> = {
  allowedModels: (access, _own, other) => access.allowedModels(other.tenantId),
  setAllowedModels: (access, _own, other) => access.setAllowedModels(other.tenantId, { allowedModels: ["*"] }),
  providerKeys: (access, _own, other) => access.providerKeys(other.tenantId),
  setProviderKey: (access, _own, other) => access.setProviderKey(other.tenantId, "openai", { key: "sk-of-somebody-else" }),
  removeProviderKey: (access, _own, other) => access.removeProviderKey(other.tenantId, "openai")
}

/** Domain's services that have no attempts here, each with its reason. */
const triedElsewhere: Readonly<Record<string, string>> = {
  Conversations: "stands on ConversationStore, and asks for membership; cli's twoTenants.test.ts tries each of its doors",
  Completions: "has nothing of a tenant's but which models it may ask, which TenantModels.test.ts tries",
  Embeddings: "the same",
  Authenticator: "tells whose a key is; it takes no id",
  ProviderStatuses: "the process's own, for administrators",
  Readiness: "the process's own",
  Caller: "is who asks",
  ParleyRpcClient: "is a client"
}

/** The most that somebody can be without being an administrator of everything. */
const callerOf = (own: SeededTenant): CallerInfo => ({
  tenantId: own.tenantId,
  principalId: own.alice,
  roles: ["owner", "member"],
  scopes: ["chat", "completions", "keys", "tenants", "metrics"],
  requestId: RequestId.make("req")
})

const servicesOfDomain = (): ReadonlyArray<string> => {
  const folder = fileURLToPath(new URL("../../../domain/src/", import.meta.url))
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .flatMap((name) =>
      [...readFileSync(`${folder}${name}`, "utf8").matchAll(/^export class (\w+) extends Context\.Service</gm)].map(
        ([, service = ""]) => service
      )
    )
}

const tryAll = Effect.fnUntraced(function* <Service extends object>(service: Service, attempts: Attempts<Service>) {
  assert.deepStrictEqual(Object.keys(attempts).toSorted(), Object.keys(service).toSorted())
  const own = yield* seedTenant
  const other = yield* furnished
  for (const name of Object.keys(attempts)) {
    const attempt = Object.entries<Attempt<Service>>(attempts).find(([key]) => key === name)?.[1]
    assert.isDefined(attempt)
    const before = yield* belongings(other.tenantId)
    assert.isAbove(before.length, 10)
    const exit = yield* Effect.exit(Effect.provideService(attempt(service, own, other), CallerService, callerOf(own)))
    assert.notInclude(shown(exit), secret, name)
    assert.deepStrictEqual(yield* belongings(other.tenantId), before, name)
  }
})

layer(Tested, { timeout: "60 seconds" })("Tenants are isolated", (it) => {
  describe("operations", () => {
    it.effect("no operation of ConversationStore reads or changes another tenant's rows", () =>
      Effect.flatMap(ConversationStore, (store) => tryAll(store, storeAttempts))
    )
    it.effect("no operation of RunJournal reads or changes another tenant's rows", () =>
      Effect.flatMap(RunJournal, (journal) => tryAll(journal, journalAttempts))
    )
    it.effect("no operation of Administration reads or changes another tenant's rows", () =>
      Effect.flatMap(Administration, (administration) => tryAll(administration, administrationAttempts))
    )

    it.effect("no operation of ConversationList reads or changes another tenant's rows", () =>
      Effect.flatMap(ConversationList, (list) => tryAll(list, listAttempts))
    )
    it.effect("no operation of SignIns reads or changes another tenant's rows", () =>
      Effect.flatMap(SignIns, (signIns) => tryAll(signIns, signInAttempts))
    )
    it.effect("no operation of Shares reads or changes another tenant's rows", () =>
      Effect.flatMap(Shares, (shares) => tryAll(shares, shareAttempts))
    )
    it.effect("no operation of Prompts reads or changes another tenant's rows", () =>
      Effect.flatMap(Prompts, (prompts) => tryAll(prompts, promptAttempts))
    )
    it.effect("no operation of Attachments reads or changes another tenant's rows", () =>
      Effect.flatMap(Attachments, (attachments) => tryAll(attachments, attachmentAttempts))
    )
    it.effect("no operation of Invites reads or changes another tenant's rows", () =>
      Effect.flatMap(Invites, (invites) => tryAll(invites, inviteAttempts))
    )

    it.effect("no operation of ModelAccess reads or changes another tenant's rows", () =>
      Effect.flatMap(ModelAccess, (access) => tryAll(access, accessAttempts))
    )

    it("every service that domain declares is tried here, or says why not", () => {
      const tried = [Administration, Attachments, ConversationList, Invites, ModelAccess, Prompts, Shares, SignIns].map(
        ({ key }) => key.split("/").at(-1) ?? key
      )
      assert.deepStrictEqual([...tried, ...Object.keys(triedElsewhere)].toSorted(), servicesOfDomain().toSorted())
    })

    it.effect("open runs are told across tenants by their addresses only", () =>
      Effect.gen(function* () {
        const other = yield* furnished
        const found = (yield* (yield* ConversationStore).openRuns(1_000)).find(({ runId }) => runId === other.open.run.runId)
        const runId: RunId = other.open.run.runId
        assert.deepStrictEqual(found, { key: other.key, runId, startedAtMs: found?.startedAtMs ?? -1 })
      })
    )
  })

  describe("tables", () => {
    it.effect("every table has forced row-level security bound to the tenant", () =>
      Effect.gen(function* () {
        assert.isAtLeast((yield* tenantTables).length, 20)
        assert.deepStrictEqual(yield* unprotected, [])
      })
    )

    it.effect("a table without it, or with half of it, would be found", () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* sql`create table careless (tenant_id text)`
        yield* sql`create table halfway (tenant_id text)`
        yield* sql`alter table halfway enable row level security`
        yield* sql`alter table halfway force row level security`
        yield* sql`create policy everybody on halfway to parley_app using (true) with check (true)`
        assert.deepStrictEqual(yield* Effect.ensuring(unprotected, Effect.ignore(sql`drop table careless, halfway`)), [
          "careless",
          "halfway"
        ])
      })
    )

    it.effect("no table shows the program's role a row while no tenant is set", () =>
      Effect.gen(function* () {
        yield* furnished
        const sql = yield* SqlClient.SqlClient
        for (const { name } of yield* tenantTables) {
          const seen = yield* Effect.exit(
            sql.withTransaction(
              Effect.andThen(sql`select set_config('role', 'parley_app', true)`, sql`select 1 from ${sql(name)} limit 1`)
            )
          )
          assert.isTrue(Exit.isFailure(seen) ? shown(seen).includes("42501") : seen.value.length === 0, name)
        }
      })
    )

    it.effect("no statement in one tenant's transaction touches another's rows", () =>
      Effect.gen(function* () {
        const own = yield* seedTenant
        const other = yield* furnished
        const tenantSql = yield* TenantSql
        const before = yield* belongings(other.tenantId)
        for (const { name, tenantColumn } of yield* tenantTables) {
          const theirs = (build: (sql: SqlClient.SqlClient) => ReturnType<SqlClient.SqlClient["unsafe"]>) =>
            Effect.exit(tenantSql.tryWrite(own.tenantId, build))
          const exits = [
            yield* theirs((sql) => sql`select * from ${sql(name)} where ${sql(tenantColumn)} = ${other.tenantId}`),
            yield* theirs((sql) => sql`delete from ${sql(name)} where ${sql(tenantColumn)} = ${other.tenantId} returning 1`),
            yield* theirs(
              (sql) =>
                sql`update ${sql(name)} set ${sql(tenantColumn)} = ${own.tenantId}
                  where ${sql(tenantColumn)} = ${other.tenantId} returning 1`
            )
          ]
          for (const exit of exits) assert.isTrue(Exit.isFailure(exit) || exit.value.length === 0, `${name}: ${shown(exit)}`)
        }
        assert.deepStrictEqual(yield* belongings(other.tenantId), before)
      })
    )

    it.effect("no row can be written in another tenant's name", () =>
      Effect.gen(function* () {
        const own = yield* seedTenant
        const other = yield* furnished
        const tenantSql = yield* TenantSql
        const exit = yield* Effect.exit(
          tenantSql.tryWrite(
            own.tenantId,
            (sql) => sql`
              insert into principals (tenant_id, id, display_name, created_at_ms)
              values (${other.tenantId}, 'prn_forged', 'forged', 1)`
          )
        )
        assert.include(shown(exit), "42501")
      })
    )

    it.effect("the system's role cannot read what anybody said", () =>
      Effect.gen(function* () {
        yield* furnished
        const sql = yield* SqlClient.SqlClient
        for (const [table, column] of [
          ["messages", "content"],
          ["room_events", "event"],
          ["conversations", "title"],
          ["run_journal", "events"],
          ["client_messages", "accepted"],
          ["folders", "name"],
          ["invites", "conversation_id"],
          ["shares", "title"],
          ["prompts", "body"],
          ["attachments", "name"]
        ] as const) {
          const seen = yield* Effect.exit(
            sql.withTransaction(
              Effect.andThen(
                sql`select set_config('role', 'parley_system', true)`,
                sql`select ${sql(column)} from ${sql(table)} limit 1`
              )
            )
          )
          assert.include(shown(seen), "42501", table)
        }
      })
    )
  })
})
