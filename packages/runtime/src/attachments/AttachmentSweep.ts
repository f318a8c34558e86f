/** Files that no message refers to a day after their upload, and those of conversations that are gone: rows and objects are removed. */
import { Clock, Effect, Layer, Schema } from "effect"
import { AttachmentId, ConversationId, TenantId } from "@parley/domain/Ids"
import { ObjectStore } from "../objects/ObjectStore.ts"
import { decodeRows } from "../storage/decodeRows.ts"
import { SystemSql } from "../storage/SystemSql.ts"
import { TenantSql } from "../storage/TenantSql.ts"
import { objectKey, textKey } from "./SqlAttachments.ts"

const intervalMs = 3_600_000
/** A file that is referred to is looked at again after so long: its conversation may be gone by then. */
const lookAgainMs = 604_800_000
/** Tenants of one round, and files of one tenant in it; the others come with the next. */
const maxTenants = 1_000
const maxFiles = 200

const decodeTenants = decodeRows(Schema.Struct({ tenantId: TenantId }))
const Due = Schema.Struct({ id: AttachmentId, conversationId: ConversationId, isReferred: Schema.Boolean })
const decodeDue = decodeRows(Due)

/** One round, as tests and operators call it. Doing it twice at once is harmless. */
const run = Effect.gen(function* () {
  const systemSql = yield* SystemSql
  const tenantSql = yield* TenantSql
  const objects = yield* ObjectStore
  const nowMs = yield* Clock.currentTimeMillis
  const due = yield* systemSql.read(
    (sql) =>
      sql`select distinct tenant_id as "tenantId" from attachments where sweep_at_ms <= ${nowMs}::bigint limit ${maxTenants}`
  )
  for (const { tenantId } of yield* decodeTenants(due)) {
    const rows = yield* tenantSql.read(
      tenantId,
      (sql) => sql`
        select a.id, a.conversation_id as "conversationId", exists (
          select from messages m where m.conversation_id = a.conversation_id and strpos(m.content::text, a.id) > 0
        ) as "isReferred"
        from attachments a where a.sweep_at_ms <= ${nowMs}::bigint order by a.sweep_at_ms limit ${maxFiles}`
    )
    for (const { conversationId, id, isReferred } of yield* decodeDue(rows)) {
      if (isReferred) {
        yield* tenantSql.write(
          tenantId,
          (sql) => sql`update attachments set sweep_at_ms = ${nowMs + lookAgainMs}::bigint where id = ${id} returning 1 as kept`
        )
        continue
      }
      // The objects first: a row without them is swept again, an object without a row never.
      yield* objects.remove(objectKey(tenantId, conversationId, id))
      yield* objects.remove(textKey(tenantId, conversationId, id))
      yield* tenantSql.write(tenantId, (sql) => sql`delete from attachments where id = ${id} returning 1 as removed`)
    }
  }
}).pipe(Effect.withSpan("AttachmentSweep.run"))

const layer: Layer.Layer<never, never, SystemSql | TenantSql | ObjectStore> = Layer.effectDiscard(
  Effect.sleep(intervalMs).pipe(
    Effect.andThen(Effect.catchCause(run, (cause) => Effect.logError("Files could not be swept", cause))),
    Effect.forever,
    Effect.forkScoped
  )
)

export const AttachmentSweep = { layer, run }
