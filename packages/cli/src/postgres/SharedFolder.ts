/**
 * Several programs may use one embedded server: `parley serve`, and a command beside it. Who starts or stops it holds the
 * folder's lock, and the last to leave stops it. A program that was killed is not counted: its process is gone.
 */
import { Effect } from "effect"
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { attempt } from "./attempt.ts"
import { EmbeddedPostgresError } from "./EmbeddedPostgresError.ts"
import { poll } from "./poll.ts"
import { isAlive } from "./PostmasterFile.ts"

/** Longest wait for another program that starts or stops the server. */
const lockTimeoutMs = 90_000
const lockPollMs = 25

/** Runs `work` while no other program starts or stops the server of this folder. */
export const withLock = <A, R>(
  folder: string,
  work: Effect.Effect<A, EmbeddedPostgresError, R>
): Effect.Effect<A, EmbeddedPostgresError, R> => {
  const path = join(folder, "postgres.lock")
  return Effect.acquireUseRelease(
    takeLock(path),
    () => work,
    () => Effect.promise(() => rm(path, { force: true }))
  )
}

const takeLock = Effect.fnUntraced(function* (path: string) {
  let holder = 0
  const taken = yield* poll(
    attempt("data", `${path} cannot be written: check who owns the folder.`, async () => {
      holder = await tryLock(path)
      return holder === process.pid ? holder : undefined
    }),
    { everyMs: lockPollMs, timeoutMs: lockTimeoutMs }
  )
  if (taken !== undefined) return
  return yield* EmbeddedPostgresError.because(
    "locked",
    `Process ${holder} has been starting or stopping this Postgres for ${lockTimeoutMs / 1_000} s. ` +
      `If it is not a Parley program, delete ${path}.`
  )
})

/** Who has the lock now: this process, if it was free. */
const tryLock = async (path: string): Promise<number> => {
  try {
    await writeFile(path, String(process.pid), { flag: "wx", mode: 0o600 })
    return process.pid
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error
    const holder = Number(await readFile(path, "utf8").catch(() => ""))
    // An empty file is one that is being written this moment, unless its writer was killed just then: see the time-out.
    if (holder > 0 && !isAlive(holder)) await rm(path, { force: true })
    // Another start in this very process counts as another's.
    return holder === process.pid ? 0 : holder
  }
}

const usersFolder = (folder: string) => join(folder, "postgres.users")

/** Every use has a file of its own, so that one program may use the server twice. */
export const enter = async (folder: string): Promise<string> => {
  await mkdir(usersFolder(folder), { recursive: true, mode: 0o700 })
  const name = `${process.pid}.${crypto.randomUUID()}`
  await writeFile(join(usersFolder(folder), name), "")
  return name
}

/** True when nobody else is left. */
export const leave = async (folder: string, name: string): Promise<boolean> => {
  await rm(join(usersFolder(folder), name), { force: true })
  let others = 0
  for (const other of await readdir(usersFolder(folder)).catch(() => [])) {
    if (isAlive(Number.parseInt(other, 10))) others++
    else await rm(join(usersFolder(folder), other), { force: true })
  }
  return others === 0
}
