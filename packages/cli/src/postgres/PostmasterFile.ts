/** `postmaster.pid`, by which a running server tells where it listens. Postgres keeps this format stable for `pg_ctl`. */
import { execFileSync } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"

export interface RunningServer {
  readonly pid: number
  readonly port: number
  /** It accepts connections; before that it starts or recovers, after that it stops. */
  readonly ready: boolean
}

/** Lines of the file, from 0. */
const pidLine = 0
const portLine = 3
const statusLine = 7

/** Undefined when no server has the cluster: no file, a half-written one, or one that a killed server left behind. */
export const readPostmasterFile = (cluster: string): RunningServer | undefined => {
  const path = join(cluster, "postmaster.pid")
  if (!existsSync(path)) return undefined
  const lines = readFileSync(path, "utf8")
    .split("\n")
    .map((line) => line.trim())
  const pid = Number(lines[pidLine])
  const port = Number(lines[portLine])
  if (!Number.isSafeInteger(pid) || pid <= 1 || !Number.isSafeInteger(port) || port <= 0) return undefined
  return isAlive(pid) && isPostgres(pid) ? { pid, port, ready: lines[statusLine] === "ready" } : undefined
}

/** Another user's process is alive too. */
export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM"
  }
}

/** After a restart of the machine or container the number often belongs to another program. */
const isPostgres = (pid: number): boolean => {
  try {
    const name = existsSync("/proc/self/comm")
      ? readFileSync(`/proc/${pid}/comm`, "utf8")
      : execFileSync("ps", ["-p", String(pid), "-o", "comm="], { encoding: "utf8" })
    return name.includes("postgres")
  } catch {
    return false
  }
}
