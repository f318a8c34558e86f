/** Longest wait for one thing in a page, or for another condition of a test: a bound on a hang that names the thing, within that of the test, and no measure of speed. */
export const waitTimeoutMs = 60_000
