/** Who gave an answer, where a route was asked: `model` is what was asked, or what went on where that failed. */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`alter table messages add column answered_by text collate "C"`
})
