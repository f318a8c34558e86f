/** Text that somebody else wrote, beside what the app says: its marks of direction turn nothing but itself. */

const marks = /[\u202a-\u202e\u2066-\u2069]/
const allMarks = /[\u202a-\u202e\u2066-\u2069]/g
/** What is written from right to left, or says so. */
const turning =
  /[\u202a-\u202e\u2066-\u2069\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Adlam}]/u

const popEmbedding = 0x202c
const firstIsolate = 0x2066
const popIsolate = 0x2069

/**
 * The text without marks of direction that have no end in their line, or no beginning: they would turn what follows. Pairs within one run of text stay,
 * as they are used to write a name of one script in a line of another; a pair around a bold word, whose runs are three, is two marks without each other.
 */
export const contained = (text: string): string => (marks.test(text) ? text.split("\n").map(lineContained).join("\n") : text)

/** For the middle of a sentence: one of another direction does not take the words beside it along. */
export const isolated = (text: string): string => (turning.test(text) ? `\u2068${contained(text)}\u2069` : text)

const lineContained = (line: string): string => {
  const paired = new Set<number>()
  const open: Array<{ readonly at: number; readonly isIsolate: boolean }> = []
  let isolates = 0
  for (const { 0: mark, index } of line.matchAll(allMarks)) {
    const code = mark.charCodeAt(0)
    if (code === popIsolate) {
      // It ends what was embedded within, too. Without one that is open nothing is looked through.
      if (isolates === 0) continue
      while (open.at(-1)?.isIsolate === false) open.pop()
      isolates--
      paired.add(index).add(open.pop()?.at ?? index)
    } else if (code === popEmbedding) {
      const last = open.at(-1)
      if (last === undefined || last.isIsolate) continue
      open.pop()
      paired.add(index).add(last.at)
    } else {
      const isIsolate = code >= firstIsolate
      if (isIsolate) isolates++
      open.push({ at: index, isIsolate })
    }
  }
  return line.replace(allMarks, (mark, index: number) => (paired.has(index) ? mark : ""))
}
