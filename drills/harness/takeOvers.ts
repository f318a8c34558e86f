/** Which runs were a process's when it was lost, and that those, and no others, have a new owner. */
import type { Report } from "./Drill.ts"
import type { Load } from "./Load.ts"
import type { Parley } from "./Parley.ts"
import type { Site } from "./Site.ts"
import { sleep } from "./wait.ts"

/** What processes said is read a moment after it was written; nobody is declared dead that soon. */
const lineDelayMs = 400

type Claim = Report["claims"][number]

/** After it was killed: open in the database, and nobody else's. One that was stored and not begun yet is among them. */
export const openRunsOf = async (site: Site, lost: ReadonlyArray<Parley>): Promise<ReadonlySet<string>> => {
  await sleep(lineDelayMs)
  const rows = await site.store.ask<{ id: string }>("select id from runs where status = 'running'")
  await sleep(lineDelayMs)
  return new Set(
    rows
      .map(({ id }) => id)
      .filter((id) => {
        const owner = site.ownerOf(id)
        return owner === undefined || lost.includes(owner)
      })
  )
}

/** After it has ended by itself: what it began, or took, and did not end. */
export const unendedRunsOf = (site: Site, left: Parley): ReadonlySet<string> => {
  const own = site.runLines.filter((line) => line.process === left.name)
  const ended = new Set(own.filter(({ kind }) => kind === "ended").map(({ runId }) => runId))
  return new Set(own.map(({ runId }) => runId).filter((runId) => !ended.has(runId)))
}

const timesTaken = (site: Site): ReadonlyMap<string, number> => {
  const times = new Map<string, number>()
  for (const { kind, runId } of site.runLines) if (kind === "taken") times.set(runId, (times.get(runId) ?? 0) + 1)
  return times
}

/** What was lost is taken over once, each, and nothing else. */
export const takenOnce = (site: Site, lost: ReadonlySet<string>): Claim => {
  const times = timesTaken(site)
  const missed = [...lost].filter((runId) => !times.has(runId))
  const others = [...times.keys()].filter((runId) => !lost.has(runId))
  const again = [...times].filter(([, count]) => count > 1)
  return {
    claim: "the runs that were lost are taken over, once each, and no others",
    holds: lost.size > 0 && missed.length + others.length + again.length === 0,
    found: `${lost.size} were lost, ${times.size} taken; ${missed.length} missed, ${others.length} others, ${again.length} more than once`
  }
}

/** Where a run may change its owner more than once. */
export const takenAtMost = (site: Site, most: number): Claim => {
  const times = [...timesTaken(site).values()]
  const highest = Math.max(0, ...times)
  return {
    claim: `no run changes its owner more than ${most} ×`,
    holds: highest <= most,
    found: `${times.length} did, ${highest} × at most`
  }
}

/** Nobody who follows heard nothing for longer, whichever run. */
export const goesOnWithin = (load: Load, boundMs: number): Claim => {
  const silences = load.turns.flatMap(({ views }) => views.map((view) => view.longestSilence(0).ms))
  const longest = Math.max(0, ...silences)
  return { claim: `every answer goes on within ${boundMs} ms`, holds: longest <= boundMs, found: `${longest.toFixed(0)} ms` }
}
