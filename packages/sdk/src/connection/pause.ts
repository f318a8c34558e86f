/**
 * Jitter: a random part of a bound that doubles with each failure, so that a thousand clients do not come back as one; but never so little that a
 * client whose chance is low dials without rest.
 */
export const pauseMs = (
  failures: number,
  bounds: { readonly shortestPauseMs: number; readonly firstPauseMs: number; readonly longestPauseMs: number },
  random: () => number
): number =>
  Math.max(bounds.shortestPauseMs, random() * Math.min(bounds.longestPauseMs, bounds.firstPauseMs * 2 ** Math.min(failures, 30)))
