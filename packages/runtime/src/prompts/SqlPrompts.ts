/** `Prompts` in Postgres. */
import { Clock, Effect, Layer, Schema } from "effect"
import type { SqlClient, Statement } from "effect/sql"
import { Caller } from "@parley/domain/Caller"
import { Conflict, NotFound } from "@parley/domain/Errors"
import { makePromptId } from "@parley/domain/Ids"
import { maxListedPrompts, maxPrompts, Prompt, Prompts } from "@parley/domain/Prompts"
import { may, requireMembership } from "../identity/authorization.ts"
import { storableText } from "../storage/conversations/rows.ts"
import { decodeRows } from "../storage/decodeRows.ts"
import { TenantSql } from "../storage/TenantSql.ts"

const promptNotFound = new NotFound({ message: "no such prompt of yours", resource: "prompt" })

const decodePrompts = decodeRows(Prompt)
const decodeCount = decodeRows(Schema.Struct({ prompts: Schema.Int }))

const columns = (sql: SqlClient.SqlClient): Statement.Fragment => sql`
  r.id, r.kind, r.name, r.body as text, r.model, r.parameters, r.is_shared as "isShared", r.owner_id as "ownerId",
  (select display_name from principals p where p.id = r.owner_id) as "ownerName",
  r.created_at_ms::float8 as "createdAtMs", r.updated_at_ms::float8 as "updatedAtMs"`

/** Those who come with a key or session of a member. */
const member = Effect.tap(Caller, requireMembership)

const make = Effect.gen(function* () {
  const tenantSql = yield* TenantSql

  return Prompts.of({
    list: Effect.gen(function* () {
      const { principalId, tenantId } = yield* member
      const rows = yield* tenantSql.read(
        tenantId,
        (sql) => sql`
          select ${columns(sql)} from prompts r where r.owner_id = ${principalId} or r.is_shared
          order by r.owner_id <> ${principalId}, lower(r.name), r.id limit ${maxListedPrompts}`
      )
      return yield* decodePrompts(rows)
    }).pipe(Effect.withSpan("Prompts.list")),

    create: Effect.fn("Prompts.create")(function* (input) {
      const { principalId, tenantId } = yield* member
      const nowMs = yield* Clock.currentTimeMillis
      const id = yield* makePromptId
      return yield* tenantSql.as(tenantId)((sql) =>
        Effect.gen(function* () {
          const [count] = yield* Effect.flatMap(
            sql`select count(*)::int as prompts from prompts where owner_id = ${principalId}`,
            decodeCount
          )
          if ((count?.prompts ?? 0) >= maxPrompts) {
            return yield* new Conflict({ message: `you have ${maxPrompts} prompts; remove one first` })
          }
          const [prompt] = yield* Effect.flatMap(
            sql`
              insert into prompts as r
                (id, owner_id, kind, name, body, model, parameters, is_shared, created_at_ms, updated_at_ms)
              values (
                ${id}, ${principalId}, ${input.kind}, ${storableText(input.name)}, ${storableText(input.text)},
                ${textOrNull(input.model)}, ${JSON.stringify(input.parameters ?? {})}::json, ${input.isShared ?? false},
                ${nowMs}, ${nowMs}
              ) returning ${columns(sql)}`,
            decodePrompts
          )
          return prompt ?? (yield* Effect.die(new Error("an insert returned nothing")))
        })
      )
    }),

    update: Effect.fn("Prompts.update")(function* (id, change) {
      const { principalId, tenantId } = yield* member
      const nowMs = yield* Clock.currentTimeMillis
      const rows = yield* tenantSql.write(tenantId, (sql) => {
        const set = [
          sql`updated_at_ms = ${nowMs}`,
          ...(change.name === undefined ? [] : [sql`name = ${storableText(change.name)}`]),
          ...(change.text === undefined ? [] : [sql`body = ${storableText(change.text)}`]),
          ...(change.model === undefined ? [] : [sql`model = ${textOrNull(change.model)}`]),
          ...(change.parameters === undefined ? [] : [sql`parameters = ${JSON.stringify(change.parameters)}::json`]),
          ...(change.isShared === undefined ? [] : [sql`is_shared = ${change.isShared}`])
        ]
        return sql`
          update prompts r set ${sql.csv(set)} where r.id = ${id} and r.owner_id = ${principalId} returning ${columns(sql)}`
      })
      const [prompt] = yield* decodePrompts(rows)
      return prompt ?? (yield* promptNotFound)
    }),

    remove: Effect.fn("Prompts.remove")(function* (id) {
      const caller = yield* member
      const isModerator = may(caller, "manage-keys")
      const rows = yield* tenantSql.write(
        caller.tenantId,
        (sql) => sql`
          delete from prompts where id = ${id} and (owner_id = ${caller.principalId} or (is_shared and ${isModerator}))
          returning 1 as removed`
      )
      if (rows.length === 0) return yield* promptNotFound
    })
  })
})

const textOrNull = (text: string | null | undefined): string | null =>
  text === undefined || text === null ? null : storableText(text)

const layer: Layer.Layer<Prompts, never, TenantSql> = Layer.effect(Prompts, make)

export const SqlPrompts = { layer }
