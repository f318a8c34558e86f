/**
 * The one door to a tenant's rows. Every statement behind it runs as the unprivileged role `parley_app` with `app.tenant_id` set, and
 * row-level security, forced on every table, shows it that tenant's rows only. A statement therefore names no tenant: new rows take it
 * by the column's default.
 */
import { Context, Effect, Layer } from "effect"
import type { SqlClient, SqlError, Statement } from "effect/sql"
import type { Unavailable } from "@parley/domain/Errors"
import type { TenantId } from "@parley/domain/Ids"
import { Sessions } from "./Sessions.ts"
import { orUnavailable } from "./sqlFailure.ts"

type Build = (sql: SqlClient.SqlClient) => Statement.Statement<unknown>

export class TenantSql extends Context.Service<
  TenantSql,
  {
    /**
     * A transaction of several statements; `body` does nothing but SQL, for after a deadlock it runs again. A failure of `body` rolls back. Do not
     * nest.
     */
    readonly as: (
      tenantId: TenantId
    ) => <A, E, R>(
      body: (sql: SqlClient.SqlClient) => Effect.Effect<A, E, R>
    ) => Effect.Effect<A, Exclude<E, SqlError.SqlError> | Unavailable, R>
    /** One reading statement, one round trip. */
    readonly read: (tenantId: TenantId, build: Build) => Effect.Effect<ReadonlyArray<unknown>, Unavailable>
    /** One writing statement (with its CTEs), one round trip. */
    readonly write: (tenantId: TenantId, build: Build) => Effect.Effect<ReadonlyArray<unknown>, Unavailable>
    /** Like `write`, but a refusal of the server, after which nothing was done, is the caller's to judge. */
    readonly tryWrite: (
      tenantId: TenantId,
      build: Build
    ) => Effect.Effect<ReadonlyArray<unknown>, Unavailable | SqlError.SqlError>
  }
>()("@parley/runtime/storage/TenantSql") {
  static readonly layer: Layer.Layer<TenantSql, never, Sessions> = Layer.effect(
    TenantSql,
    Effect.gen(function* () {
      const { single, sql, transaction } = yield* Sessions
      const runAs = (tenantId: TenantId) => ({ role: "parley_app", tenantId }) as const
      const tryWrite = (tenantId: TenantId, build: Build) => single(runAs(tenantId), "write", build(sql))
      return TenantSql.of({
        as: (tenantId) => (body) => transaction(runAs(tenantId), body(sql)),
        read: (tenantId, build) =>
          Effect.catchTag(single(runAs(tenantId), "read", build(sql)), "SqlError", (error) => orUnavailable(error, false)),
        write: (tenantId, build) =>
          Effect.catchTag(tryWrite(tenantId, build), "SqlError", (error) => orUnavailable(error, false)),
        tryWrite
      })
    })
  )
}
