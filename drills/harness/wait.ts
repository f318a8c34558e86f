export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Asks again and again; fails with `what` when it was not so within `timeoutMs`. */
export const until = async <A>(
  what: string,
  timeoutMs: number,
  ask: () => A | undefined | Promise<A | undefined>,
  everyMs = 50
): Promise<A> => {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const found = await ask()
    if (found !== undefined) return found
    if (performance.now() > deadline) throw new Error(`${what}: not within ${timeoutMs} ms`)
    await sleep(everyMs)
  }
}
