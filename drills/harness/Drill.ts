/** The frame of a drill: a site, a load, a fault in its middle, and the check of every promise in the end. */
import { Load } from "./Load.ts"
import type { Turn } from "./Load.ts"
import type { Options } from "./Options.ts"
import { Site } from "./Site.ts"
import type { SiteOptions } from "./Site.ts"
import { isSound, nothingFound, verdictOf } from "./Verdict.ts"
import type { Verdict } from "./Verdict.ts"

export interface Report extends Verdict {
  readonly drill: string
  readonly seed: number
  readonly clients: number
  readonly isGood: boolean
  /** Whatever else the drill claims, with its outcome. */
  readonly claims: ReadonlyArray<{ readonly claim: string; readonly holds: boolean; readonly found?: string }>
  readonly seconds: number
  /** It did not end, and what it began is still there. */
  readonly isStuck?: boolean
}

/** Of a drill that did not come to its verdict. */
export const broken = (drill: string, { clients, seed }: Options, why: string, isStuck: boolean): Report => ({
  drill,
  seed,
  clients,
  ...nothingFound,
  claims: [{ claim: "it runs to its end", holds: false, found: why }],
  isGood: false,
  seconds: 0,
  isStuck
})

export interface Drill {
  readonly name: string
  readonly about: string
  readonly run: (options: Options) => Promise<Report>
}

export interface Fault {
  /** Runs that feel it; recovery is measured on them. All, if not said. */
  readonly affected?: ReadonlySet<string>
  readonly claims?: Report["claims"]
}

interface Middle {
  readonly name: string
  readonly about: string
  readonly site?: SiteOptions
  /** Of each answer; 100 ms a word unless the site says otherwise. */
  readonly words?: number
  readonly fault: (site: Site, load: Load, options: Options) => Promise<Fault>
  /** After every client has its end. */
  readonly after?: (site: Site, load: Load) => Promise<Report["claims"]>
}

/** Longest time from the fault to the last end. */
const endTimeoutMs = 75_000
/** Rooms in which somebody always asks while the fault lasts, and for so long at least; words of an answer. */
const askingRooms = 6
const askForMs = 8_000
const askedWords = 15
/** Nothing hangs: as long as the longest fault, a command's time limit, and what a client waits before it asks again. */
const acceptedWithinMs = 60_000

export const faultInTheMiddle = (middle: Middle): Drill => ({
  name: middle.name,
  about: middle.about,
  run: async (options) => {
    const began = performance.now()
    const site = await Site.open(options, middle.site)
    const load = new Load(site, options.clients)
    try {
      await load.start(options.runs, middle.words ?? 100)
      const rooms = await load.createConversations(askingRooms)
      const faultAtMs = performance.now()
      let isFaultOver = false
      const asking = load.askOn(
        rooms,
        () => askedWords,
        () => isFaultOver && performance.now() - faultAtMs > askForMs
      )
      // A failure of the fault itself is told first.
      asking.catch(() => undefined)
      const { affected, claims = [] } = await middle.fault(site, load, options)
      isFaultOver = true
      const asked = acceptance(await asking)
      await load.ended(endTimeoutMs)
      const more = (await middle.after?.(site, load)) ?? []
      const all = new Set(load.turns.map(({ runId }) => runId))
      const verdict = await verdictOf(site, load, faultAtMs, affected ?? all)
      const said = [asked, ...claims, ...more]
      return {
        drill: middle.name,
        seed: options.seed,
        clients: options.clients,
        ...verdict,
        claims: said,
        isGood: isSound(verdict) && said.every(({ holds }) => holds),
        seconds: (performance.now() - began) / 1_000
      }
    } finally {
      load.close()
      await site.close()
    }
  }
})

/** They are in the verdict like all others; here, that none waited for long. */
const acceptance = (asked: ReadonlyArray<Turn>): Report["claims"][number] => {
  const slowestMs = Math.max(0, ...asked.map(({ acceptedAfterMs }) => acceptedAfterMs))
  return {
    claim: `questions that are asked during the fault are accepted, within ${acceptedWithinMs} ms`,
    holds: asked.length > 0 && slowestMs <= acceptedWithinMs,
    found: `${asked.length} were, the slowest after ${slowestMs.toFixed(0)} ms`
  }
}

/** Runs that this process writes now. */
export const runsOf = (site: Site, load: Load, name: string): ReadonlySet<string> =>
  new Set(load.turns.map(({ runId }) => runId).filter((runId) => site.ownerOf(runId)?.name === name))
