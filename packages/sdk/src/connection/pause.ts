/** Full jitter: a random part of a bound that doubles with each failure, so that a thousand clients do not come back as one. */
export const pauseMs = (
  failures: number,
  bounds: { readonly firstPauseMs: number; readonly longestPauseMs: number },
  random: () => number
): number => random() * Math.min(bounds.longestPauseMs, bounds.firstPauseMs * 2 ** Math.min(failures, 30))
