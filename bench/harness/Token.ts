/**
 * A token of the benchmarks carries the time at which its source spoke it: `~` and nine base-36 digits of the machine's monotonic
 * clock in microseconds, which every process on the machine reads alike. The mark occurs nowhere else in a frame or an event.
 */
import type { Histogram } from "./Statistics.ts"

const mark = 0x7e
const digits = 9
export const tokenLength = digits + 2

export const nowMicros = (): number => {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1e6 + Math.floor(nanoseconds / 1e3)
}

export const tokenText = (micros: number): string => `~${Math.floor(micros).toString(36).padStart(digits, "0")} `

/** The time that a token tells; undefined for any other text. */
export const microsIn = (text: string): number | undefined => {
  const found = /^~([0-9a-z]{9}) $/.exec(text)?.[1]
  return found === undefined ? undefined : Number.parseInt(found, 36)
}

/** Counts the tokens in `bytes` and, given a histogram, how long each was under way. A time cut by the end of `bytes` is left out. */
export const readTokens = (bytes: Buffer, latencies: Histogram | undefined, now: number): number => {
  let count = 0
  for (let at = bytes.indexOf(mark); at >= 0; at = bytes.indexOf(mark, at + 1)) {
    count++
    if (latencies === undefined || at + digits >= bytes.length) continue
    let micros = 0
    for (let i = at + 1; i <= at + digits; i++) {
      const code = bytes[i] ?? 0
      micros = micros * 36 + (code < 58 ? code - 48 : code - 87)
    }
    latencies.add(now - micros)
  }
  return count
}
