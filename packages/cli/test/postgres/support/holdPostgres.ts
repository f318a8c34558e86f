/** A program that uses the folder's Postgres until it is killed: `node holdPostgres.ts DATA_DIR [throwaway]`. */
import { Effect, Redacted } from "effect"
import { startEmbeddedPostgres } from "../../../src/postgres/EmbeddedPostgres.ts"

const [, , dataDir = "", mode] = process.argv

const program = Effect.gen(function* () {
  const { url } = yield* startEmbeddedPostgres({ dataDir, throwaway: mode === "throwaway" })
  process.stdout.write(`${Redacted.value(url)}\n`)
  yield* Effect.callback<void>((resume) => {
    process.stdin.once("end", () => (mode === "throwaway" ? process.exit(0) : resume(Effect.void))).resume()
  })
})

await Effect.runPromise(Effect.scoped(program))
