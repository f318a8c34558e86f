/** A process of the program, on ports of its own, with what its log said of runs. */
import { spawn } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { createWriteStream } from "node:fs"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { programFlags } from "../../infra/programFlags.mjs"

export const administratorKey = "pk_drills_0123456789abcdefghijklmnopqrstuvwxyz"

/** As `npm start` runs it; the drill that the tests run has the same in one file, which starts in a third of the time. */
const main = process.env["PARLEY_DRILL_PROGRAM"] ?? fileURLToPath(new URL("../../packages/cli/src/main.ts", import.meta.url))
/** Longest that a start may take. */
const startTimeoutMs = 60_000
/** Warnings and errors that are kept of one process. */
const maxComplaints = 200

const running = new Set<ChildProcess>()
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL")
})

/** What a line of the log says of a run. */
export interface RunLine {
  readonly atMs: number
  readonly kind: "begins" | "taken" | "ended" | "fenced"
  readonly runId: string
  readonly process: string
}

const kinds: ReadonlyArray<readonly [prefix: string, kind: RunLine["kind"]]> = [
  ["An answer begins", "begins"],
  ["A run was taken over", "taken"],
  ["An answer ended with", "ended"],
  ["A run belongs to another owner now", "fenced"]
]

/** MiB. */
export interface Memory {
  /** Objects, and what they hold outside of the heap. */
  readonly heldMiB: number
  /** What the heap takes, its free room included. */
  readonly heapMiB: number
  readonly externalMiB: number
  /** All that the process takes of the machine. */
  readonly residentMiB: number
}

export interface ParleyOptions {
  readonly name: string
  readonly role: "gateway" | "runner"
  readonly env: Readonly<Record<string, string>>
  readonly logs: string | undefined
  readonly onRun: (line: RunLine) => void
}

export class Parley {
  readonly name: string
  readonly role: "gateway" | "runner"
  readonly pid: number
  /** `http://…` of a gateway, `ws://…` of a runner. */
  url = ""
  /** How far its clock is ahead of this machine's, ms; as its log says, so a little less. */
  clockAheadMs = 0
  readonly complaints: Array<string> = []
  /** Resolves with the exit code; null after a signal. */
  readonly ended: Promise<number | null>
  isOver = false
  /** Told to stop, or hurt: nothing is asked of it any more. */
  isLeaving = false

  readonly #child: ChildProcess
  #collected: ((memory: Memory) => void) | undefined

  private constructor(options: ParleyOptions, child: ChildProcess) {
    this.name = options.name
    this.role = options.role
    this.#child = child
    this.pid = child.pid ?? 0
    this.ended = new Promise((resolve) => {
      child.once("close", (code) => {
        this.isOver = true
        running.delete(child)
        resolve(code)
      })
    })
  }

  static async start(options: ParleyOptions): Promise<Parley> {
    const child = spawn(process.execPath, [...programFlags, main, options.role], {
      env: {
        PATH: process.env["PATH"] ?? "",
        HOME: process.env["HOME"] ?? "",
        PARLEY_PORT: "0",
        PARLEY_RUNNER_PORT: "0",
        PARLEY_LOG_FORMAT: "json",
        PARLEY_LOG_LEVEL: "Debug",
        PARLEY_BOOTSTRAP_API_KEY: administratorKey,
        ...options.env
      },
      stdio: ["ignore", "pipe", "pipe"]
    })
    running.add(child)
    const parley = new Parley(options, child)
    const file = options.logs === undefined ? undefined : createWriteStream(join(options.logs, `${options.name}.log`))
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${options.name} was not ready in time`)), startTimeoutMs)
      const keep = (line: string): void => {
        file?.write(`${line}\n`)
        const entry = readLine(line)
        if (entry === undefined) return
        const message = String(entry["message"])
        if (message === "Parley is ready") {
          parley.url = String(entry["address"])
          parley.clockAheadMs = Date.parse(String(entry["timestamp"])) - Date.now()
          clearTimeout(timer)
          resolve()
        }
        if (message === "memory after collection") parley.#collected?.(memoryIn(entry))
        const level = String(entry["level"]).toUpperCase()
        if ((level === "WARN" || level === "ERROR" || level === "FATAL") && parley.complaints.length < maxComplaints)
          parley.complaints.push(line)
        const kind = kinds.find(([prefix]) => message.startsWith(prefix))?.[1]
        if (kind !== undefined) {
          options.onRun({ atMs: performance.now(), kind, runId: String(entry["runId"]), process: options.name })
        }
      }
      for (const stream of [child.stdout, child.stderr]) if (stream !== null) createInterface({ input: stream }).on("line", keep)
      child.once("close", (code) => {
        file?.end()
        clearTimeout(timer)
        reject(new Error(`${options.name} ended with ${code} before it was ready:\n${parley.complaints.join("\n")}`))
      })
    })
    return parley
  }

  /** After its garbage is collected; it was started with the preload `heapOnSignal`. */
  async memory(): Promise<Memory> {
    const answer = new Promise<Memory>((resolve) => {
      this.#collected = resolve
    })
    this.signal("SIGUSR2")
    return Promise.race([answer, this.ended.then(() => memoryIn({}))])
  }

  signal(name: NodeJS.Signals): void {
    if (!this.isOver) this.#child.kill(name)
  }

  /** Sends a signal and waits for the end. */
  async stop(name: NodeJS.Signals): Promise<number | null> {
    this.isLeaving = true
    this.signal(name)
    return this.ended
  }
}

const memoryIn = (entry: Readonly<Record<string, unknown>>): Memory => ({
  heldMiB: Number(entry["heldMiB"]),
  heapMiB: Number(entry["heapMiB"]),
  externalMiB: Number(entry["externalMiB"]),
  residentMiB: Number(entry["residentMiB"])
})

const readLine = (line: string): Record<string, unknown> | undefined => {
  if (!line.startsWith("{")) return undefined
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
