/** What the figures were measured on, and where each process may run. */
import { spawnSync } from "node:child_process"
import { cpus, totalmem } from "node:os"

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGb: number
  readonly node: string
  readonly platform: string
  /** False where `taskset` is missing or there is one core: then nothing is pinned. */
  readonly pinned: boolean
  readonly date: string
}

export const serverCore = 0
export const loadCore = 1

/**
 * `a core each`: what is measured has one, all else the other, so that CPU and throughput are those of what is measured. `anywhere`: where the
 * system puts them; for the latency of one thing at a time, in which whoever works has a core to itself, as on machines of their own.
 */
export type Placement = "a core each" | "anywhere"

export const coreOf = (placement: Placement, core: number): number | undefined => (placement === "anywhere" ? undefined : core)

const canPin = cpus().length > 1 && spawnSync("taskset", ["-c", "0", "true"]).status === 0

export const machine: Machine = {
  cpu: cpus()[0]?.model ?? "unknown",
  cores: cpus().length,
  memoryGb: Math.round(totalmem() / 2 ** 30),
  node: process.version,
  platform: `${process.platform} ${process.arch}`,
  pinned: canPin,
  date: new Date().toISOString().slice(0, 10)
}

/** The command and arguments that run `command` on one core, where that is possible. */
export const pinnedTo = (core: number | undefined, command: string, args: ReadonlyArray<string>): [string, Array<string>] =>
  canPin && core !== undefined ? ["taskset", ["-c", String(core), command, ...args]] : [command, [...args]]
