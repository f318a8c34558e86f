/** What is being dictated stands after the text, and is not a part of it until it is certain. */

/** `interim` may still change. */
export const withInterim = (text: string, interim: string): string =>
  interim === "" ? text : text === "" ? interim : `${text} ${interim}`

/**
 * The text after somebody changed what `withInterim` shows into `next`: the change is made to the text alone. What is typed after or into the words
 * that may still change stands before them.
 */
export const typedBeside = (text: string, interim: string, next: string): string => {
  const shown = withInterim(text, interim)
  let start = 0
  while (start < shown.length && start < next.length && shown[start] === next[start]) start++
  let same = 0
  while (same < shown.length - start && same < next.length - start && shown.at(-1 - same) === next.at(-1 - same)) same++
  const typed = next.slice(start, next.length - same)
  return text.slice(0, start) + typed + text.slice(shown.length - same)
}
