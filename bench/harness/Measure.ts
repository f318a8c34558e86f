/** One measured window: load from one child, CPU of another. */
import type { Child, Message } from "./Child.ts"
import { cpuMicros } from "./ProcessUsage.ts"

export interface LoadResult extends Message {
  /** Completed in the window. */
  readonly requests: number
  readonly tokens: number
  readonly seconds: number
  /** The load generator's own CPU, of one core: near 1 it is the bottleneck. */
  readonly loadCpu: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** From the source of a token to the client; NaN without timed tokens. */
  readonly tokenP50Ms: number
  readonly tokenP99Ms: number
}

export interface Window extends Record<string, number> {
  readonly requestsPerSecond: number
  readonly tokensPerSecond: number
  readonly cpuMicrosPerRequest: number
  readonly cpuMicrosPerToken: number
  /** Of one core. */
  readonly serverCpu: number
  readonly loadCpu: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly tokenP50Ms: number
  readonly tokenP99Ms: number
}

/** The generator says `mark` when its warm-up is over, `end` when the window is, and answers `result` when it has checked everything. */
export const measure = async (
  server: Child,
  load: Child,
  message: Message,
  onOther: (message: Message) => void = () => {}
): Promise<Window> => {
  let before = Number.NaN
  let after = Number.NaN
  const result = await load.ask<LoadResult>(message, "result", (other) => {
    if (other.type === "mark") before = cpuMicros(server.pid)
    else if (other.type === "end") after = cpuMicros(server.pid)
    else onOther(other)
  })
  const cpu = after - before
  return {
    requestsPerSecond: result.requests / result.seconds,
    tokensPerSecond: result.tokens / result.seconds,
    cpuMicrosPerRequest: cpu / result.requests,
    cpuMicrosPerToken: cpu / result.tokens,
    serverCpu: cpu / (result.seconds * 1e6),
    loadCpu: result.loadCpu,
    p50Ms: result.p50Ms,
    p99Ms: result.p99Ms,
    tokenP50Ms: result.tokenP50Ms,
    tokenP99Ms: result.tokenP99Ms
  }
}
