/** Of which request a run is: whoever continues it after a crash writes the same id in its log lines. Null for a run from before. */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`alter table runs add column request_id text collate "C"`
})
