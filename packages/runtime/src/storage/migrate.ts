/** Brings the database to this program's schema. Several processes may start at once: one migrates, the others wait and find it done. */
import { Effect } from "effect"
import { Migrator, SqlClient } from "effect/sql"
import tenancy from "./migrations/0001_tenancy.ts"
import conversations from "./migrations/0002_conversations.ts"
import runJournal from "./migrations/0003_run_journal.ts"
import modelAccess from "./migrations/0004_model_access.ts"
import sessions from "./migrations/0006_sessions.ts"
import conversationList from "./migrations/0007_conversation_list.ts"
import sharesPrompts from "./migrations/0008_shares_prompts.ts"
import attachments from "./migrations/0009_attachments.ts"
import journalTarget from "./migrations/0010_journal_target.ts"
import deletedConversations from "./migrations/0011_deleted_conversations.ts"
import runRequest from "./migrations/0012_run_request.ts"
import answeredBy from "./migrations/0013_answered_by.ts"
import { ensurePartitions } from "./partitions.ts"

/** An arbitrary number that only Parley's migrations lock. */
const advisoryLock = 7_275_395_391
const table = "parley_migrations"

/** Applied in order of their numbers, once each; never edited after a release. */
const migrations = {
  "0001_tenancy": tenancy,
  "0002_conversations": conversations,
  "0003_run_journal": runJournal,
  "0004_model_access": modelAccess,
  "0006_sessions": sessions,
  "0007_conversation_list": conversationList,
  "0008_shares_prompts": sharesPrompts,
  "0009_attachments": attachments,
  "0010_journal_target": journalTarget,
  "0011_deleted_conversations": deletedConversations,
  "0012_run_request": runRequest,
  "0013_answered_by": answeredBy
}

/** Everything in one transaction: a failed migration leaves nothing behind. Answers with what it applied. */
export const migrate = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  return yield* sql.withTransaction(
    Effect.gen(function* () {
      yield* sql`select pg_advisory_xact_lock(${advisoryLock})`
      const applied = yield* Migrator.make({})({ loader: Migrator.fromRecord(migrations), table })
      yield* ensurePartitions(sql)
      return applied
    })
  )
})
