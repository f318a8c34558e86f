/** What a recognition's `error` event says when nothing is wrong: it was ended, or nobody said anything. */
const harmless: ReadonlySet<unknown> = new Set(["aborted", "no-speech"])

export const isVoiceFault = (event: Event): boolean => !harmless.has(Reflect.get(event, "error"))
