/** The server's process: its start, and its stop. */
import { spawn } from "node:child_process"
import { closeSync, openSync, readFileSync, statSync, truncateSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { attempt } from "./attempt.ts"
import { type Cluster, serverEnvironment } from "./Cluster.ts"
import { EmbeddedPostgresError } from "./EmbeddedPostgresError.ts"
import { freePort } from "./freePort.ts"
import { poll } from "./poll.ts"
import { isAlive, readPostmasterFile } from "./PostmasterFile.ts"

/** Bound on the start. It takes 50 ms; after a crash it replays what was written since the last checkpoint. */
const startTimeoutMs = 120_000
/** Bound on a clean stop, past which the server stops as after a crash and recovers at its next start. */
const stopTimeoutMs = 20_000
const pollMs = 10
/** Tries with another port when somebody has taken the free one in between. */
const portAttempts = 5
/** Bytes of the server's log that are kept over a start. */
const maxLogBytes = 8 << 20
/** Characters of the log that an error shows. */
const shownLogChars = 600

export interface LaunchOptions {
  readonly throwaway: boolean
  readonly logPath: string
}

/** Another program has started it, or it outlived a killed one: waits until it is ready, or gone. */
export const joinServer = Effect.fnUntraced(function* (cluster: Cluster) {
  const settled = yield* poll(
    attempt("data", `${cluster.path} cannot be read.`, () => {
      const running = readPostmasterFile(cluster.path)
      return running === undefined || running.ready ? { running } : undefined
    }),
    { everyMs: pollMs, timeoutMs: startTimeoutMs }
  )
  if (settled !== undefined) return settled.running
  return yield* EmbeddedPostgresError.because(
    "start",
    `The Postgres of ${cluster.path} has been neither up nor down for ${startTimeoutMs / 1_000} s. ` +
      `If no other program uses it, end the process that ${cluster.path}/postmaster.pid names and start again.`
  )
})

export const launchServer = Effect.fnUntraced(function* (cluster: Cluster, options: LaunchOptions) {
  for (let tries = 1; ; tries++) {
    const server = yield* launchOnce(cluster, options)
    if (server.running !== undefined) return server.running
    if (tries < portAttempts && server.log.includes("could not bind")) continue
    return yield* EmbeddedPostgresError.because(
      "start",
      `Postgres did not start; its log is ${options.logPath}.`,
      server.log.slice(-shownLogChars).trim()
    )
  }
})

const launchOnce = Effect.fnUntraced(function* (cluster: Cluster, options: LaunchOptions) {
  const { child, logStart } = yield* attempt("start", "Postgres could not be started.", async () =>
    spawnServer(cluster, options, await freePort())
  )
  let exited = child.pid === undefined
  child.once("exit", () => (exited = true)).once("error", () => (exited = true))
  const log = () => readFileSync(options.logPath).subarray(logStart).toString("utf8")
  const ready = poll(
    Effect.sync(() => {
      const running = readPostmasterFile(cluster.path)
      if (running?.ready === true && running.pid === child.pid) return { running }
      return exited ? { running: undefined } : undefined
    }),
    { everyMs: pollMs, timeoutMs: startTimeoutMs }
  )
  const answer = yield* ready.pipe(Effect.onInterrupt(() => Effect.sync(() => child.kill("SIGINT"))))
  if (answer?.running === undefined) {
    child.kill("SIGQUIT")
    return { running: undefined, log: log() }
  }
  if (options.throwaway) dieWithProgram(cluster, answer.running.pid)
  return { running: answer.running, log: "" }
})

const spawnServer = (cluster: Cluster, options: LaunchOptions, port: number) => {
  const output = openSync(options.logPath, "a", 0o600)
  try {
    if (statSync(options.logPath).size > maxLogBytes) truncateSync(options.logPath)
    const logStart = statSync(options.logPath).size
    const child = spawn(join(cluster.binaries, "postgres"), serverArguments(cluster, options, port), {
      cwd: "/",
      env: serverEnvironment,
      stdio: ["ignore", output, output],
      // A process group of its own: the terminal's Ctrl-C reaches the program, which stops the server when it is done with it.
      detached: true,
      ...(cluster.account.ids ?? {})
    })
    child.unref()
    return { child, logStart }
  } finally {
    closeSync(output)
  }
}

const serverArguments = (cluster: Cluster, options: LaunchOptions, port: number): Array<string> => {
  const settings: Record<string, string> = {
    port: String(port),
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    timezone: "UTC",
    log_timezone: "UTC",
    // What people wrote does not belong into a log file.
    log_min_error_statement: "panic",
    ...(options.throwaway ? { fsync: "off", synchronous_commit: "off", full_page_writes: "off" } : {})
  }
  return ["-D", cluster.path, ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])]
}

const dieWithProgram = (cluster: Cluster, pid: number) => {
  process.once("exit", () => {
    if (readPostmasterFile(cluster.path)?.pid === pid) signal(pid, "SIGQUIT")
  })
}

/** `SIGINT` is Postgres's fast stop: open transactions are rolled back, all is flushed. `SIGQUIT` is its immediate one. */
export const stopServer = Effect.fnUntraced(function* (pid: number, options: { readonly throwaway: boolean }) {
  signal(pid, options.throwaway ? "SIGQUIT" : "SIGINT")
  if ((yield* isGone(pid)) === true) return
  signal(pid, "SIGQUIT")
  yield* isGone(pid)
})

const isGone = (pid: number) =>
  poll(
    Effect.sync(() => (isAlive(pid) ? undefined : true)),
    { everyMs: pollMs, timeoutMs: stopTimeoutMs }
  )

const signal = (pid: number, name: NodeJS.Signals) => {
  try {
    process.kill(pid, name)
  } catch {
    // It has ended by itself.
  }
}
