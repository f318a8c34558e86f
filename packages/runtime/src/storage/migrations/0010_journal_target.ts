/** Who spoke, where a route chose that: what a lost owner's call cost is the price of that target. */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`alter table run_journal add column target text collate "C"`
})
