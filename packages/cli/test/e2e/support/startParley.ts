/** The real program in a process of its own, on a free port, with its log kept. */
import { spawn, type ChildProcess } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { Effect, Schema, type Scope } from "effect"
import { inject } from "vitest"
import { compiledBeside } from "../../../../../test/support/compiledBeside.ts"

/** The administrator's key of every program that the tests start. */
export const administratorKey = "pk_tests_0123456789abcdefghijklmnopqrstuvwxyz"

/** As `npm start` runs it: slower to start than the one file that the tests share. */
export const programFromSources = fileURLToPath(new URL("../../../src/main.ts", import.meta.url))

const LogLine = Schema.Record(Schema.String, Schema.Unknown)
const readLine = Schema.decodeUnknownOption(Schema.fromJsonString(LogLine))

/** Milliseconds that a start may take before the test gives up. */
const startTimeoutMs = 100_000

export interface Parley {
  readonly url: string
  readonly socketUrl: string
  readonly key: string
  readonly log: ReadonlyArray<Readonly<Record<string, unknown>>>
  readonly text: () => string
  /** Waits for a log line that begins so. */
  readonly logged: (message: string) => Effect.Effect<void>
  /** Waits for a log line with that annotation. */
  readonly loggedWith: (annotation: string) => Effect.Effect<void>
  /** Waits until that many log lines begin so. */
  readonly loggedTimes: (message: string, times: number) => Effect.Effect<void>
  /** Sends a signal and waits for the end; answers with the exit code, null when the signal ended it. */
  readonly stop: (signal: NodeJS.Signals) => Effect.Effect<number | null>
  readonly pid: number
}

export const startParley = (
  env: Readonly<Record<string, string>>,
  command: "serve" | "gateway" | "runner" = "serve",
  program = inject("program")
): Effect.Effect<Parley, Error, Scope.Scope> =>
  Effect.gen(function* () {
    const child = yield* Effect.acquireRelease(
      Effect.sync(() =>
        spawn(process.execPath, [program, command], {
          env: {
            PATH: process.env["PATH"] ?? "",
            HOME: process.env["HOME"] ?? "",
            ...(program === programFromSources ? {} : compiledBeside(program)),
            PARLEY_PORT: "0",
            PARLEY_LOG_FORMAT: "json",
            PARLEY_BOOTSTRAP_API_KEY: administratorKey,
            ...env
          },
          stdio: ["ignore", "pipe", "pipe"]
        })
      ),
      (child) => Effect.promise(() => end(child, "SIGKILL"))
    )
    const log: Array<Readonly<Record<string, unknown>>> = []
    let text = ""
    const watchers = new Set<() => void>()
    const url = yield* Effect.callback<string, Error>((resume) => {
      const keep = (line: string) => {
        text += `${line}\n`
        const entry = readLine(line)
        if (entry._tag === "None") return
        log.push(entry.value)
        for (const watcher of [...watchers]) watcher()
        if (String(entry.value["message"]) === "Parley is ready") resume(Effect.succeed(String(entry.value["address"])))
      }
      createInterface({ input: child.stdout! }).on("line", keep)
      createInterface({ input: child.stderr! }).on("line", keep)
      child.once("close", () => [...watchers].forEach((watcher) => watcher()))
      child.once("exit", (code) => resume(Effect.fail(new Error(`Parley ended with ${code} before it was ready:\n${text}`))))
    }).pipe(
      Effect.timeoutOrElse({
        duration: startTimeoutMs,
        orElse: () => Effect.fail(new Error(`Parley was not ready within ${startTimeoutMs} ms:\n${text}`))
      })
    )
    const seen = (holds: () => boolean) =>
      Effect.callback<void>((resume) => {
        const look = () => {
          if (holds()) resume(Effect.void)
          else if (child.exitCode !== null) resume(Effect.die(new Error(`Parley ended with ${child.exitCode}:\n${text}`)))
        }
        watchers.add(look)
        look()
        return Effect.sync(() => watchers.delete(look))
      })
    const begins = (message: string) => (line: Readonly<Record<string, unknown>>) => String(line["message"]).startsWith(message)
    return {
      url,
      socketUrl: `${url.replace(/^http/, "ws")}/ws`,
      key: env["PARLEY_BOOTSTRAP_API_KEY"] ?? administratorKey,
      log,
      text: () => text,
      logged: (message) => seen(() => log.some(begins(message))),
      loggedWith: (annotation) => seen(() => log.some((line) => line[annotation] !== undefined)),
      loggedTimes: (message, times) => seen(() => log.filter(begins(message)).length >= times),
      stop: (signal) => Effect.promise(() => end(child, signal)),
      pid: child.pid ?? 0
    }
  })

const end = async (child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> => {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
  const exited = once(child, "exit")
  child.kill(signal)
  await exited
  return child.exitCode
}
