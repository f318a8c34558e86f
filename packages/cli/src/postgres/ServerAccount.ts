/** Whom the server runs as. Postgres refuses to run as root, so root lends it another account. */
import { spawnSync } from "node:child_process"
import { readFile } from "node:fs/promises"

export interface ServerAccount {
  readonly name: string
  /** Undefined: as the program itself. */
  readonly ids: { readonly uid: number; readonly gid: number } | undefined
}

/** Accounts that root lends, the first that exists. */
const lentAccounts = ["postgres", "_postgres", "nobody"]

/** Longest that a question to the file system may take. */
const probeTimeoutMs = 10_000

/** @param owner - the user id that owns an existing cluster: only that account can run it. */
export const serverAccount = async (owner?: number): Promise<ServerAccount | undefined> => {
  if (process.getuid?.() !== 0) return { name: "the program's own user", ids: undefined }
  const accounts = await readAccounts()
  if (owner !== undefined && owner !== 0) {
    return accounts.find((account) => account.ids.uid === owner) ?? { name: `user ${owner}`, ids: { uid: owner, gid: owner } }
  }
  for (const name of lentAccounts) {
    const account = accounts.find((row) => row.name === name && row.ids.uid !== 0)
    if (account !== undefined) return account
  }
  return undefined
}

/** `/etc/passwd`: name, password, uid, gid, … ; macOS writes `nobody` as -2. */
const readAccounts = async () => {
  const text = await readFile("/etc/passwd", "utf8").catch(() => "")
  return text.split("\n").flatMap((line) => {
    const [name, , uid, gid] = line.split(":")
    if (line.startsWith("#") || name === undefined || uid === undefined || gid === undefined) return []
    return [{ name, ids: { uid: Number(uid) >>> 0, gid: Number(gid) >>> 0 } }]
  })
}

/** Asked of the kernel as that user: modes, owners, access lists and every parent folder count. */
export const canUse = (account: ServerAccount, path: string): boolean =>
  spawnSync("/bin/sh", ["-c", 'test -x "$0"', path], {
    stdio: "ignore",
    cwd: "/",
    timeout: probeTimeoutMs,
    ...(account.ids ?? {})
  }).status === 0
