/**
 * What must be read or kept across tenants, and nothing more. It runs as the role `parley_system`, whose grants are the list of what is
 * possible (migrations/0001_tenancy.ts, 0002_conversations.ts): looking up a key by its hash, listing tenants, finding open runs, appending to
 * the journal, and sweeping what has expired. It cannot read a message.
 */
import { Context, Effect, Layer } from "effect"
import type { SqlClient, SqlError, Statement } from "effect/sql"
import type { Unavailable } from "@parley/domain/Errors"
import { Sessions } from "./Sessions.ts"
import { orUnavailable } from "./sqlFailure.ts"

type Build = (sql: SqlClient.SqlClient) => Statement.Statement<unknown>
type Body = <A, E, R>(
  body: (sql: SqlClient.SqlClient) => Effect.Effect<A, E, R>
) => Effect.Effect<A, Exclude<E, SqlError.SqlError> | Unavailable, R>

export class SystemSql extends Context.Service<
  SystemSql,
  {
    readonly transaction: Body
    readonly read: (build: Build) => Effect.Effect<ReadonlyArray<unknown>, Unavailable>
    readonly write: (build: Build) => Effect.Effect<ReadonlyArray<unknown>, Unavailable>
    /** As the login itself, which owns the tables: DDL only. */
    readonly asOwner: Body
  }
>()("@parley/runtime/storage/SystemSql") {
  static readonly layer: Layer.Layer<SystemSql, never, Sessions> = Layer.effect(
    SystemSql,
    Effect.gen(function* () {
      const { single, sql, transaction } = yield* Sessions
      const system = { role: "parley_system" } as const
      const one = (mode: "read" | "write") => (build: Build) =>
        Effect.catchTag(single(system, mode, build(sql)), "SqlError", (error) => orUnavailable(error, false))
      return SystemSql.of({
        transaction: (body) => transaction(system, body(sql)),
        read: one("read"),
        write: one("write"),
        asOwner: (body) => transaction({ role: "none" }, body(sql))
      })
    })
  )
}
