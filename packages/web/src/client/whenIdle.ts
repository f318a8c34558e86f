/** Longest wait for an idle moment. */
const idleTimeoutMs = 2_000

/** Once the page has nothing better to do; gives back the function that takes it back. */
export const whenIdle = (act: () => void): (() => void) => {
  // Safari has no idle moments to tell of.
  if (typeof requestIdleCallback !== "function") {
    const timer = setTimeout(act, 300)
    return () => clearTimeout(timer)
  }
  const asked = requestIdleCallback(act, { timeout: idleTimeoutMs })
  return () => cancelIdleCallback(asked)
}
