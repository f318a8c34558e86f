/** What the measures of the browser share. */
import type { Browser } from "playwright-core"
import type { Options } from "../harness/Options.ts"
import type { Section, Target } from "../harness/Report.ts"
import { medianOf } from "../harness/Statistics.ts"
import type { Contestant } from "./Contestant.ts"

export interface Stage {
  readonly browser: Browser
  readonly contestants: ReadonlyArray<Contestant>
  readonly options: Options
}

export interface Found {
  readonly section: Section
  readonly targets: ReadonlyArray<Target>
}

export const streamedTokens = 1_000
export const streaming = `gpt-markdown-${streamedTokens}`
export const remembering = "gpt-document-200"

/** Rounds, interleaved between who is compared; the medians by name. */
export const compared = async <A extends Record<string, number>>(
  { contestants, options }: Stage,
  rounds: number,
  measure: (contestant: Contestant) => Promise<A>
): Promise<ReadonlyArray<readonly [string, A]>> => {
  const found = new Map<string, Array<A>>(contestants.map(({ name }) => [name, []]))
  for (let round = 0; round < Math.min(rounds, options.rounds); round++)
    for (const contestant of contestants) found.get(contestant.name)?.push(await measure(contestant))
  return [...found].map(([name, values]) => [name, medianOf(values)] as const)
}

/** The first is Parley's. */
export const ours = <A>(rows: ReadonlyArray<readonly [string, A]>): A => {
  const first = rows[0]
  if (first === undefined) throw new Error("nothing was measured")
  return first[1]
}
