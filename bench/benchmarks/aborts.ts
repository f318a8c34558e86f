/** How long a provider goes on writing for a client that has left: from the client's abort of a stream to the close of its provider's connection. */
import { startChild } from "../harness/Child.ts"
import type { Child } from "../harness/Child.ts"
import { loadCore } from "../harness/Machine.ts"
import type { Options } from "../harness/Options.ts"
import { tellProgress } from "../harness/Progress.ts"
import type { Section, Target } from "../harness/Report.ts"
import { Histogram } from "../harness/Statistics.ts"
import type { AbortLoad, AbortResult } from "../load/abortLoad.ts"
import type { Abandoned } from "../servers/mockUpstream.ts"

export interface Abortable {
  readonly name: string
  readonly server: Child
  /** The mock that it asks. */
  readonly upstream: Child
  /** A whole request of a paced stream whose text has `#id` in it. */
  readonly request: (id: string) => string
}

const abortsPerSecond = 20
/** Of the first, which are not counted. */
const warmups = 20
/** Longest that the mock waits for the last close; without an abort a stream of its ends after 4 s. */
const closeTimeoutMs = 10_000

export const abortsCase = "aborts"

export const measureAborts = async (
  contestants: ReadonlyArray<Abortable>,
  options: Options
): Promise<{ readonly section: Section; readonly target: Target }> => {
  const script = new URL("../load/abortLoad.ts", import.meta.url).pathname
  const generator = await startChild({ name: "aborting load", script, core: loadCore })
  const found = new Map(contestants.map(({ name }) => [name, new Histogram()]))
  try {
    for (let round = 0; round < options.rounds; round++) {
      tellProgress(abortsCase, round, options.rounds)
      for (const contestant of contestants) {
        const delays = await abortEach(contestant, generator, warmups + Math.round(options.seconds * abortsPerSecond))
        for (const micros of delays.slice(warmups)) found.get(contestant.name)?.add(micros)
      }
    }
  } finally {
    await generator.stop()
  }
  return {
    section: {
      title: `${abortsCase}: from the client's abort of a stream to the close of its provider's connection, one at a time`,
      rows: [...found].map(([name, delays]) => ({
        "": name,
        "p50 ms": delays.percentileMs(50),
        "p99 ms": delays.percentileMs(99),
        "longest ms": delays.percentileMs(100)
      }))
    },
    target: {
      name: `${abortsCase}: the longest`,
      asked: 100,
      bound: "at most",
      measured: found.get("Parley")?.percentileMs(100) ?? Number.NaN,
      unit: "ms"
    }
  }
}

/** In microseconds, in the order in which they were asked for. */
const abortEach = async ({ name, request, server, upstream }: Abortable, generator: Child, count: number) => {
  const ids = Array.from({ length: count }, (_, index) => String(index).padStart(6, "0"))
  const closedAt = new Map<string, number>()
  const allClosed = Promise.withResolvers<void>()
  const stop = upstream.listen((message) => {
    if (message.type !== "abandoned") return
    const { at, id } = message as Abandoned
    closedAt.set(id, at)
    if (closedAt.size === count) allClosed.resolve()
  })
  const timer = setTimeout(
    () => allClosed.reject(new Error(`${name}: ${count - closedAt.size} streams of ${count} were not closed at their provider`)),
    closeTimeoutMs + (1000 * count) / abortsPerSecond
  )
  try {
    const load: AbortLoad = { type: "run", port: server.port, requests: ids.map(request) }
    const { leftAt } = await generator.ask<AbortResult>(load, "result")
    await allClosed.promise
    return ids.map((id, index) => (closedAt.get(id) ?? Number.NaN) - (leftAt[index] ?? Number.NaN))
  } finally {
    clearTimeout(timer)
    stop()
  }
}
