/** A migrated database of the test's own behind the production layers, and a superuser who sees everything. */
import * as PgClient from "@effect/sql-pg/PgClient"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import {
  makeClientMessageId,
  makeConversationId,
  makeEpoch,
  makeMessageId,
  makePrincipalId,
  makeRunId,
  makeTenantId
} from "./ids.ts"
import type { Send } from "@parley/domain/ConversationCommand"
import { RequestId } from "@parley/domain/Ids"
import type { PrincipalId, TenantId } from "@parley/domain/Ids"
import type { AcceptContext } from "../../../src/storage/ConversationStore.ts"
import { ConversationStore } from "../../../src/storage/ConversationStore.ts"
import { Database } from "../../../src/storage/Database.ts"
import { FreshDatabase } from "../../../../../test/support/freshDatabase.ts"

/** `SqlClient` is the superuser's; the program's own doors are `TenantSql` and `SystemSql`. */
export const TestDatabase = Layer.unwrap(
  Effect.map(FreshDatabase, ({ url }) =>
    Layer.merge(Database.layer({ url, maxConnections: 6 }), PgClient.layer({ url, maxConnections: 2 }))
  )
).pipe(Layer.provideMerge(FreshDatabase.layer))

export interface SeededTenant {
  readonly tenantId: TenantId
  readonly alice: PrincipalId
  readonly bob: PrincipalId
}

export const seedTenant = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const tenantId = yield* makeTenantId
  const alice = yield* makePrincipalId
  const bob = yield* makePrincipalId
  yield* sql`insert into tenants (id, name, created_at_ms) values (${tenantId}, 'Tenant', 1)`
  yield* sql`
    insert into principals (tenant_id, id, display_name, created_at_ms)
    values (${tenantId}, ${alice}, 'Alice', 1), (${tenantId}, ${bob}, 'Bob', 1)`
  return { tenantId, alice, bob }
})

export const seedConversation = Effect.fnUntraced(function* (tenant: SeededTenant) {
  const store = yield* ConversationStore
  const key = { tenantId: tenant.tenantId, conversationId: yield* makeConversationId }
  yield* store.create(key, tenant.alice, { title: "A room", model: "demo/echo" })
  return key
})

export const contextOf = Effect.fnUntraced(function* (authorId: PrincipalId) {
  return {
    authorId,
    messageId: yield* makeMessageId,
    run: {
      runId: yield* makeRunId,
      messageId: yield* makeMessageId,
      epoch: yield* makeEpoch,
      model: "demo/echo",
      parameters: {},
      requestId: RequestId.make("req_of_the_turn")
    }
  }
})

export const withoutRun = (context: AcceptContext): AcceptContext => ({ ...context, run: null })

export const said = (text: string): Send => ({
  clientMessageId: makeClientMessageId(),
  content: [{ type: "text", text }]
})

export const closeOf = (context: { readonly run: NonNullable<AcceptContext["run"]> }, text: string) => ({
  runId: context.run.runId,
  epoch: context.run.epoch,
  terminal: { type: "run-complete" as const, finishReason: "stop" as const },
  content: [{ type: "text" as const, text }],
  usage: null,
  finishReason: "stop" as const,
  model: context.run.model,
  answeredBy: null,
  lastSeq: 3
})
