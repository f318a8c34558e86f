/**
 * A real Postgres beside the program, for whoever has none: the binaries come with the dependencies, the data stays in the
 * data folder. It is not tuned, not reachable from other machines, and not backed up: set DATABASE_URL for production.
 */
import { join, resolve } from "node:path"
import { Clock, Effect, Redacted } from "effect"
import type { Scope } from "effect"
import { attempt } from "./attempt.ts"
import { type Cluster, type ClusterOptions, dataFolder, openCluster } from "./Cluster.ts"
import type { EmbeddedPostgresError } from "./EmbeddedPostgresError.ts"
import { readPostmasterFile } from "./PostmasterFile.ts"
import { joinServer, launchServer, stopServer } from "./server.ts"
import { enter, leave, withLock } from "./SharedFolder.ts"

export interface EmbeddedPostgresOptions {
  /** The program's data folder; made if it does not exist. */
  readonly dataDir: string
  /** Data that may be lost: no flushes to disk, and the server dies with the program, however that ends. */
  readonly throwaway?: boolean
  /** A folder with `initdb` and `postgres`; by default those of the dependencies. */
  readonly binaries?: string
}

export interface EmbeddedPostgres {
  /** As superuser, to the database `postgres`. Row-level security does not bind a superuser. */
  readonly url: Redacted.Redacted<string>
  /** Folder of the cluster; not inside `dataDir` where the server's user cannot reach that. */
  readonly location: string
  /** Milliseconds from the call to a server that accepts connections. */
  readonly startedInMs: number
}

/** Starts the folder's server, or joins the one that another program has started. The last program to leave stops it. */
export const startEmbeddedPostgres = Effect.fn("startEmbeddedPostgres")(function* (
  given: EmbeddedPostgresOptions
): Effect.fn.Return<EmbeddedPostgres, EmbeddedPostgresError, Scope.Scope> {
  const began = yield* Clock.currentTimeMillis
  const options: ClusterOptions = { ...given, dataDir: resolve(given.dataDir) }
  yield* attempt("data", `${options.dataDir} cannot be made or written. Set PARLEY_DATA_DIR.`, () => dataFolder(options.dataDir))
  yield* Effect.acquireRelease(
    attempt("data", `${options.dataDir} cannot be written. Set PARLEY_DATA_DIR.`, () => enter(options.dataDir)),
    (user) => leaveServer(options, user)
  )
  const { cluster, port } = yield* withLock(options.dataDir, startOrJoin(options))
  return {
    url: Redacted.make(`postgres://postgres:${cluster.password}@127.0.0.1:${port}/postgres`),
    location: cluster.path,
    startedInMs: (yield* Clock.currentTimeMillis) - began
  }
})

const startOrJoin = Effect.fnUntraced(function* (options: ClusterOptions) {
  const cluster: Cluster = yield* attempt("data", `The database in ${options.dataDir} cannot be opened.`, () =>
    openCluster(options)
  )
  const server =
    (yield* joinServer(cluster)) ??
    (yield* launchServer(cluster, {
      throwaway: options.throwaway === true,
      logPath: join(options.dataDir, "postgres.log")
    }))
  return { cluster, port: server.port }
})

const leaveServer = (options: ClusterOptions, user: string) =>
  withLock(
    options.dataDir,
    Effect.gen(function* () {
      const last = yield* attempt("data", "The data folder is gone.", () => leave(options.dataDir, user))
      const running = readPostmasterFile(join(options.dataDir, "postgres"))
      if (last && running !== undefined) yield* stopServer(running.pid, { throwaway: options.throwaway === true })
    })
  ).pipe(
    Effect.catch((error) => Effect.logWarning("The embedded Postgres could not be stopped", error)),
    Effect.asVoid
  )
