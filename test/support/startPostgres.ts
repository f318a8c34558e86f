/** A Postgres of the test run's own: a setting, the embedded binaries, else those on the PATH. */
import { realpath } from "node:fs/promises"
import { dirname, join } from "node:path"
import { Effect, Exit, Redacted, Scope } from "effect"
import { startEmbeddedPostgres } from "../../packages/cli/src/postgres/EmbeddedPostgres.ts"
import { findOnPath } from "./machine.ts"
import type { Held } from "./oncePerRun.ts"
import { temporaryFolder } from "./temporaryFolder.ts"

export const startPostgres = async (): Promise<Held<string>> => {
  const given = process.env.TEST_DATABASE_URL
  if (given !== undefined && given !== "") return { value: given, end: async () => {} }
  const folder = await temporaryFolder("postgres")
  const scope = Scope.makeUnsafe()
  const end = async () => {
    await Effect.runPromise(Scope.close(scope, Exit.void))
    await folder.remove()
  }
  const start = (binaries?: string) =>
    startEmbeddedPostgres({
      dataDir: join(folder.path, "data"),
      throwaway: true,
      ...(binaries === undefined ? {} : { binaries })
    }).pipe(Scope.provide(scope))
  const onPath = findOnPath(["initdb"])
  const started = start().pipe(
    Effect.catchIf(
      (error) => error.reason === "binaries" && onPath !== undefined,
      () => Effect.promise(() => realpath(onPath ?? "")).pipe(Effect.flatMap((path) => start(dirname(path))))
    )
  )
  try {
    return { value: Redacted.value((await Effect.runPromise(started)).url), end }
  } catch (error) {
    await end()
    throw error
  }
}
