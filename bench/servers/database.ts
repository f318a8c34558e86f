/**
 * A Postgres of the benchmark's own, durable as the default one is, in a process of its own: what is measured is the server's process, so the
 * database must not run on its core. Answers `{ type: "sql", text }` with `{ type: "rows", rows }`.
 */
import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as PgClient from "@effect/sql-pg/PgClient"
import { startEmbeddedPostgres } from "@parley/cli/postgres/EmbeddedPostgres"
import { Context, Effect, Layer, Redacted } from "effect"

const folder = mkdtempSync(join(tmpdir(), "parley-bench-"))
// As root, Postgres runs as another user, who must be able to pass through.
chmodSync(folder, 0o711)

const program = Effect.gen(function* () {
  const { url } = yield* startEmbeddedPostgres({ dataDir: join(folder, "data") })
  const sql = Context.get(yield* Layer.build(PgClient.layer({ url, maxConnections: 1 })), PgClient.PgClient)
  process.on("message", (message: { type: string; text: string }) => {
    if (message.type !== "sql") return
    Effect.runPromise(sql.unsafe(message.text)).then(
      (rows) => process.send?.({ type: "rows", rows }),
      (error: unknown) => process.send?.({ type: "failure", message: String(error) })
    )
  })
  process.send?.({ type: "ready", url: Redacted.value(url) })
  yield* Effect.callback<void>((resume) => {
    process.once("SIGTERM", () => resume(Effect.void))
  })
}).pipe(Effect.scoped)

Effect.runPromiseExit(program).then((exit) => {
  rmSync(folder, { recursive: true, force: true })
  if (exit._tag === "Failure") process.stderr.write(`${String(exit.cause)}\n`)
  process.exit(exit._tag === "Failure" ? 1 : 0)
})
