/** What a drill found, and whether that is as promised. */
import type { Silence } from "../clients/RunView.ts"
import type { Load } from "./Load.ts"
import type { RunLine } from "./Parley.ts"
import type { Site } from "./Site.ts"

export interface Verdict {
  readonly runs: number
  /** Views that take part: runs are followed by several. */
  readonly views: number
  /** Accepted and not there, or not ended, or not complete for a client. */
  readonly lost: number
  /** Questions or answers that are stored twice, ends that were told to a room twice. */
  readonly doubled: number
  /** Views and stored messages that are not the answer, byte by byte. */
  readonly wrongBytes: number
  /** Views that were told another number of ends than one. */
  readonly terminalsOff: number
  /** Calls of the provider beyond one for each run and one for each time that it was continued. */
  readonly extraCalls: number
  /** Ends that were stored by one who was not the run's last owner, or twice. */
  readonly fencingViolations: number
  /** Times that a run was taken over by a new owner, which continued it or, by policy, closed it as failed. */
  readonly continued: number
  /** Times that an owner was refused, because the run was another's. */
  readonly refused: number
  readonly recoveryMs: { readonly p50: number; readonly max: number } | undefined
  /** Where to look in the logs: the follower that heard nothing for longest. */
  readonly longest: string | undefined
}

export const verdictOf = async (site: Site, load: Load, faultAtMs: number, affected: ReadonlySet<string>): Promise<Verdict> => {
  const stored = new Map((await site.store.runs()).map((run) => [run.runId, run]))
  const questions = await site.store.questions()
  const lines = Map.groupBy(site.runLines, ({ runId }) => runId)
  let lost = 0
  let doubled = 0
  let wrongBytes = 0
  let terminalsOff = 0
  let extraCalls = 0
  let fencingViolations = 0
  let continued = 0
  let refused = 0
  const silences: Array<Silence> = []
  for (const turn of load.turns) {
    const run = stored.get(turn.runId)
    const text = run?.content.map((part) => part.text ?? "").join("")
    const asked = questions.filter(
      ({ conversationId, text: question }) => conversationId === turn.conversationId && question.startsWith(`drill ${turn.name} `)
    ).length
    const own = lines.get(turn.runId) ?? []
    const taken = own.filter(({ kind }) => kind === "taken").length
    /** By policy: what it had said is kept, and it is asked for no more. */
    const isCut = site.crashPolicy === "fail" && taken > 0 && run?.status === "failed"
    if (run === undefined || (run.status !== "complete" && !isCut) || asked === 0) lost++
    if (asked > 1 || (run?.answers ?? 1) > 1 || (run?.closes ?? 1) > 1) doubled++
    if (isCut ? text === "" || !turn.expected.startsWith(text ?? "") : text !== turn.expected) wrongBytes++
    for (const view of turn.views) {
      if (!view.isOver || view.isGone) lost++
      else if (view.text !== text) wrongBytes++
      if (view.terminals.length !== 1) terminalsOff++
      if (affected.has(turn.runId)) silences.push(view.longestSilence(faultAtMs))
    }
    continued += taken
    refused += own.filter(({ kind }) => kind === "fenced").length
    extraCalls += Math.max(0, (site.provider.calls.get(turn.name) ?? 0) - 1 - (isCut ? 0 : taken))
    if (!isFenced(own)) fencingViolations++
  }
  return {
    runs: load.turns.length,
    views: load.turns.reduce((sum, turn) => sum + turn.views.length, 0),
    lost,
    doubled,
    wrongBytes: wrongBytes + site.provider.strangePartials.length,
    terminalsOff,
    extraCalls,
    fencingViolations,
    continued,
    refused,
    ...summary(silences)
  }
}

export const nothingFound: Verdict = {
  runs: 0,
  views: 0,
  lost: 0,
  doubled: 0,
  wrongBytes: 0,
  terminalsOff: 0,
  extraCalls: 0,
  fencingViolations: 0,
  continued: 0,
  refused: 0,
  recoveryMs: undefined,
  longest: undefined
}

export const isSound = (verdict: Verdict): boolean =>
  verdict.lost + verdict.doubled + verdict.wrongBytes + verdict.terminalsOff + verdict.extraCalls + verdict.fencingViolations ===
  0

/** One end, by the owner that took the run last. The lines of two processes may be read in another order than they were written. */
const isFenced = (lines: ReadonlyArray<RunLine>): boolean => {
  const ends = lines.filter(({ kind }) => kind === "ended")
  const owners = new Set(lines.filter(({ kind }) => kind === "begins" || kind === "taken").map(({ process }) => process))
  const [end] = ends
  if (ends.length > 1) return false
  if (end === undefined || owners.size <= 1) return true
  const last = lines.findLast(({ kind }) => kind === "taken")
  return last?.process === end.process
}

const summary = (silences: ReadonlyArray<Silence>): Pick<Verdict, "recoveryMs" | "longest"> => {
  const sorted = silences.toSorted((a, b) => a.ms - b.ms)
  const longest = sorted.at(-1)
  if (longest === undefined) return { recoveryMs: undefined, longest: undefined }
  const until = new Date(performance.timeOrigin + longest.endedAtMs).toISOString()
  return {
    recoveryMs: { p50: sorted[Math.floor(sorted.length / 2)]?.ms ?? 0, max: longest.ms },
    longest: `${longest.view.runId} by ${longest.view.by}, ${longest.ms.toFixed(0)} ms until ${until}`
  }
}
