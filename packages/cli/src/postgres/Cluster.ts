/** The cluster of a data folder: where it is, whose it is, its password; and `initdb` when it is new. */
import { execFile } from "node:child_process"
import { randomBytes } from "node:crypto"
import { chmod, chown, lstat, mkdir, mkdtemp, readFile, realpath, rename, rm, stat, symlink, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { promisify } from "node:util"
import { findBinaries, stateDir } from "./binaries.ts"
import { EmbeddedPostgresError } from "./EmbeddedPostgresError.ts"
import { canUse, type ServerAccount, serverAccount } from "./ServerAccount.ts"

export interface Cluster {
  readonly path: string
  readonly account: ServerAccount
  readonly password: string
  /** The folder with `postgres`. */
  readonly binaries: string
}

export interface ClusterOptions {
  readonly dataDir: string
  readonly throwaway?: boolean
  readonly binaries?: string
}

/** Bound on `initdb`; it takes about a second. */
const initdbTimeoutMs = 120_000

/** Passed through by others, so that the server's user can reach the cluster; what is secret inside has its own mode. */
const traversableMode = 0o711

export const dataFolder = async (dataDir: string): Promise<void> => {
  const made = await mkdir(dataDir, { recursive: true })
  if (made !== undefined && process.getuid?.() === 0) await chmod(dataDir, traversableMode)
}

/** Call it under the folder's lock. */
export const openCluster = async (options: ClusterOptions): Promise<Cluster> => {
  const link = join(options.dataDir, "postgres")
  const exists = await lstat(link).then(
    () => true,
    () => false
  )
  const { account, path } = exists ? await existing(link) : await place(options.dataDir, link)
  const binaries = options.binaries ?? (await findBinaries(account))
  const password = await readOrMakePassword(path, account, exists)
  if (!exists) {
    await initialise(path, account, binaries, options)
    if (path !== link) await symlink(path, link)
  }
  return { path, account, password, binaries }
}

const existing = async (link: string) => {
  const path = await realpath(link).catch((error: unknown) => {
    throw EmbeddedPostgresError.because(
      "data",
      `${link} points to data that is gone. Bring it back, or delete the link to begin with an empty database.`,
      error
    )
  })
  const { uid } = await stat(path)
  const ours = process.getuid?.()
  if (ours !== 0 && uid !== ours) {
    throw EmbeddedPostgresError.because(
      "data",
      `The database in ${path} belongs to user ${uid}, who is not you. Start as that user or as root, or set PARLEY_DATA_DIR.`
    )
  }
  const account = await serverAccount(uid)
  if (account === undefined || !canUse(account, path)) {
    throw EmbeddedPostgresError.because(
      "data",
      `Postgres runs as ${account?.name ?? "another user"}, who cannot reach ${path}. ` +
        "Let that user pass through its parent folders, or set PARLEY_DATA_DIR."
    )
  }
  return { path, account }
}

/** In the data folder, if the server's user can reach it; else in a state folder, with a link to it. */
const place = async (dataDir: string, link: string) => {
  const account = await serverAccount()
  if (account === undefined) {
    throw EmbeddedPostgresError.because(
      "data",
      "Postgres refuses to run as root, and there is no user postgres or nobody. Start as an ordinary user, or set DATABASE_URL."
    )
  }
  if (canUse(account, dataDir)) return { path: link, account }
  try {
    await mkdir(stateDir, { recursive: true, mode: 0o755 })
    const home = await mkdtemp(join(stateDir, "data-"))
    await chmod(home, traversableMode)
    return { path: join(home, "postgres"), account }
  } catch (error) {
    throw EmbeddedPostgresError.because(
      "data",
      `Postgres runs as ${account.name}, who cannot reach ${dataDir}, and ${stateDir} cannot be written. Set PARLEY_DATA_DIR.`,
      error
    )
  }
}

const readOrMakePassword = async (path: string, account: ServerAccount, exists: boolean): Promise<string> => {
  const file = passwordFile(path)
  const kept = await readFile(file, "utf8").catch((error: unknown) => {
    if (!exists) return ""
    throw EmbeddedPostgresError.because("data", `The password of the database in ${path} cannot be read from ${file}.`, error)
  })
  if (kept.trim() !== "") return kept.trim()
  const password = randomBytes(passwordBytes).toString("base64url")
  await writeFile(file, password, { mode: 0o600 })
  await give(file, account)
  return password
}

const passwordBytes = 24

const passwordFile = (path: string) => join(dirname(path), "postgres.password")

const give = async (path: string, { ids }: ServerAccount): Promise<void> => {
  if (ids !== undefined) await chown(path, ids.uid, ids.gid)
}

/** Renamed into place when whole: an interrupted `initdb` leaves nothing that looks like a cluster. */
const initialise = async (path: string, account: ServerAccount, binaries: string, options: ClusterOptions): Promise<void> => {
  const incoming = `${path}.new`
  await rm(incoming, { recursive: true, force: true })
  await mkdir(incoming, { mode: 0o700 })
  await give(incoming, account)
  const args = [
    `--pgdata=${incoming}`,
    "--username=postgres",
    `--pwfile=${passwordFile(path)}`,
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C",
    // Unicode order that no upgrade of the system's libraries changes. Older Postgres, from the PATH, has only C.
    ...(options.binaries === undefined ? ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] : []),
    ...(options.throwaway === true ? ["--no-sync"] : [])
  ]
  try {
    await promisify(execFile)(join(binaries, "initdb"), args, {
      cwd: "/",
      env: serverEnvironment,
      timeout: initdbTimeoutMs,
      ...(account.ids ?? {})
    })
    await rename(incoming, path)
  } catch (error) {
    await rm(incoming, { recursive: true, force: true }).catch(() => {})
    throw EmbeddedPostgresError.because("initialise", `A new database could not be made in ${path}: ${adviceOn(error)}.`, error)
  }
}

const adviceOn = (error: unknown): string =>
  String(error).includes("user does not exist")
    ? "Postgres wants a user that /etc/passwd knows. Start as one, or as root, or set DATABASE_URL"
    : "look for room on the disk, or set PARLEY_DATA_DIR or DATABASE_URL"

/** Nothing of the caller's: PGPORT and its like would change what the server does. */
export const serverEnvironment = { PATH: "/usr/local/bin:/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" }
