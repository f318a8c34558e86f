/** CPU and memory of a process and all its threads, as Linux tells them. */
import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"

const ticksPerSecond = process.platform === "linux" ? Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" })) : 0

/** User and system time so far, in microseconds; the kernel counts in steps of 10 ms. */
export const cpuMicros = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1")
  // The name, in parentheses, may hold spaces: count from behind it. utime and stime are fields 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  return ((Number(fields[11]) + Number(fields[12])) / ticksPerSecond) * 1e6
}

/** The process and everything it started that still runs. */
export const processTree = (pid: number): Array<number> => {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").trim()
  return [
    pid,
    ...children
      .split(" ")
      .filter(Boolean)
      .flatMap((child) => processTree(Number(child)))
  ]
}

export const treeCpuMicros = (pid: number): number =>
  processTree(pid).reduce((sum, each) => {
    try {
      return sum + cpuMicros(each)
    } catch {
      // It ended between the two readings.
      return sum
    }
  }, 0)

export interface MemoryUsage {
  /** Resident set, in bytes. */
  readonly rss: number
  /** Proportional set: shared pages counted by share, in bytes. */
  readonly pss: number
}

const kilobytes = (text: string, name: string): number =>
  Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(text)?.[1] ?? 0) * 1024

export const memoryUsage = (pid: number): MemoryUsage => {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "latin1")
  return { rss: kilobytes(rollup, "Rss"), pss: kilobytes(rollup, "Pss") }
}
