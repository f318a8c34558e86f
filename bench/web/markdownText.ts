/** An answer as models write them: headings, lists, a table and code; the same for everyone, cut into tokens of some four characters. */
const passage = (n: number): string =>
  [
    `## Part ${n}: how a queue is bounded\n\n`,
    "A queue without a bound is a **leak with a delay**: the reader falls behind, memory grows, and what was slow ends as an outage. ",
    "So each has a limit, and a policy for what comes after it; see [the notes](https://example.com/queues) for `offer` and `take`.\n\n",
    "1. Say what the bound is *for*.\n2. Say who waits when it is reached.\n   - the writer, when the work must not be lost\n   - nobody, when the newest counts\n3. Measure how often that happens.\n\n",
    "| Policy | Who waits | What is lost |\n|---|---|---:|\n| suspend | the writer | 0 |\n| drop | nobody | the newest |\n| slide | nobody | the oldest |\n\n",
    "```ts\n",
    `export const boundOf${n} = (messages: ReadonlyArray<string>, max: number): ReadonlyArray<string> => {\n`,
    "  // The oldest go first: a reader who is late wants the end.\n",
    "  return messages.length <= max ? messages : messages.slice(messages.length - max)\n}\n```\n\n",
    "> What is not bounded is not finished.\n\n"
  ].join("")

const pieces: Array<string> = []

/** The token at `index`, from 0; the text goes on without end. */
export const markdownToken = (index: number): string => {
  for (let n = 1; pieces.length <= index; n++) pieces.push(...(passage(pieces.length + n).match(/[^]{1,4}/g) ?? []))
  return pieces[index] ?? ""
}
