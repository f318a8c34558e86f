/** What is being measured now, on stderr: some benchmarks take many minutes, and tell what they found only at their end. */
const begunMs = performance.now()

/** `round` counts from 0; left out where there are no rounds. */
export const tellProgress = (what: string, round?: number, rounds?: number): void => {
  const ofRounds = round === undefined || rounds === undefined ? "" : `, round ${round + 1} of ${rounds}`
  process.stderr.write(`${Math.round((performance.now() - begunMs) / 1000)} s: ${what}${ofRounds}\n`)
}
