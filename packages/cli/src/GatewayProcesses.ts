/**
 * `parley gateway` on several cores: one process each, all listening on the same port, and this one, which serves nothing and keeps them
 * alive. The first starts alone, so that a wrong configuration is told once; one that ends by itself is started again under a backoff of its own.
 */
import { spawn, type ChildProcess } from "node:child_process"
import { availableParallelism } from "node:os"
import { Clock, Deferred, Effect, Option, Schema } from "effect"
import { freePort } from "./postgres/freePort.ts"
import type { Settings } from "./Settings.ts"

/** Milliseconds before a process that ended is started again: doubled each time up to the most, and forgotten after a long life. */
const restartBaseMs = 100
const restartMaxMs = 10_000
const longLifeMs = 60_000

/** What a process tells its parent once it serves. */
export const readyMessage = "ready"

export class ProcessDidNotStart extends Schema.TaggedError<ProcessDidNotStart>()("ProcessDidNotStart", {
  message: Schema.String
}) {}

export const processesOf = (settings: Pick<Settings, "gatewayProcesses">): number =>
  settings.gatewayProcesses === 0 ? availableParallelism() : settings.gatewayProcesses

/** Runs until it is interrupted; then every process drains, and it ends with the last. */
export const superviseGateways = Effect.fnUntraced(function* (settings: Settings, count: number) {
  const began = yield* Clock.currentTimeMillis
  const port = settings.port === 0 ? yield* Effect.promise(freePort) : settings.port
  const envOf = (index: number) => ({
    ...process.env,
    PARLEY_PORT: String(port),
    PARLEY_SHARE_PORT: "true",
    PARLEY_GATEWAY_PROCESSES: "1",
    ...Option.match(settings.operationsPort, {
      onNone: () => ({}),
      onSome: (first) => ({ PARLEY_OPERATIONS_PORT: String(first === 0 ? 0 : first + index) })
    })
  })
  /** Of the processes that live now. */
  const pids = new Set<number>()
  const keepAlive = (index: number, ready: Deferred.Deferred<void, ProcessDidNotStart>) =>
    Effect.gen(function* () {
      let delayMs = restartBaseMs
      for (;;) {
        const startedAt = yield* Clock.currentTimeMillis
        const ended = yield* runProcess(envOf(index), ready, pids)
        if (!(yield* Deferred.isDone(ready))) {
          return yield* Deferred.fail(
            ready,
            new ProcessDidNotStart({ message: `A gateway process did not start (${ended}); what it said is above.` })
          )
        }
        if ((yield* Clock.currentTimeMillis) - startedAt > longLifeMs) delayMs = restartBaseMs
        yield* Effect.logError("A gateway process has ended by itself; it is started again").pipe(
          Effect.annotateLogs({ process: index, ended, restartInMs: delayMs })
        )
        yield* Effect.sleep(delayMs)
        delayMs = Math.min(delayMs * 2, restartMaxMs)
      }
    })
  for (let index = 0; index < count; index++) {
    const ready = yield* Deferred.make<void, ProcessDidNotStart>()
    yield* Effect.forkScoped(keepAlive(index, ready), { startImmediately: true })
    yield* Deferred.await(ready)
  }
  yield* Effect.logInfo("Parley is ready").pipe(
    Effect.annotateLogs({
      address: `http://${settings.host}:${port}`,
      processes: count,
      pids: [...pids].join(", "),
      startedInMs: (yield* Clock.currentTimeMillis) - began
    })
  )
  return yield* Effect.never
})

/** To its end, in words. Interrupted, it asks the process to drain and waits for that. */
const runProcess = (
  env: NodeJS.ProcessEnv,
  ready: Deferred.Deferred<void, ProcessDidNotStart>,
  pids: Set<number>
): Effect.Effect<string> =>
  Effect.callback<string>((resume) => {
    const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
      env,
      // A group of its own: what a terminal sends to all comes to the supervisor only, which passes it on once.
      detached: true,
      stdio: ["ignore", "inherit", "inherit", "ipc"]
    })
    const onMessage = (message: unknown) => {
      if (message === readyMessage) Deferred.doneUnsafe(ready, Effect.void)
    }
    const onExit = (code: number | null, signal: string | null) => {
      if (child.pid !== undefined) pids.delete(child.pid)
      resume(Effect.succeed(signal ?? `exit code ${code}`))
    }
    if (child.pid !== undefined) pids.add(child.pid)
    child.on("message", onMessage)
    child.once("exit", onExit)
    // Not once: an error that nobody hears would end the supervisor. One of a process that lives is not its end.
    child.on("error", (error) => {
      if (child.pid === undefined) resume(Effect.succeed(error.message))
    })
    return Effect.promise(() => stopProcess(child))
  })

/** Who asks the supervisor twice does not want to wait: every further signal is passed on. */
const stopProcess = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return resolve()
    const pass = () => void child.kill("SIGTERM")
    const signals = ["SIGINT", "SIGTERM"] as const
    for (const signal of signals) process.on(signal, pass)
    child.once("exit", () => {
      for (const signal of signals) process.off(signal, pass)
      resolve()
    })
    pass()
  })

/** In a process that a supervisor started: tells it that it serves, and ends with it. */
export const tellSupervisor = Effect.sync(() => {
  if (process.send === undefined) return
  process.once("disconnect", () => void process.kill(process.pid, "SIGTERM"))
  process.send(readyMessage)
  // The channel alone keeps no process alive.
  process.channel?.unref()
})
