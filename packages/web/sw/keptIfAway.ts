/**
 * A page as the server gives it; the kept one where the server is away, whether nothing answers or a proxy in front of it does, with a page of its
 * own. Where none is kept, what was answered.
 */
export const keptIfAway = async (ask: () => Promise<Response>, kept: () => Promise<Response | undefined>): Promise<Response> => {
  const answered = await ask().catch(() => undefined)
  if (answered !== undefined && answered.status < 500) return answered
  return (await kept().catch(() => undefined)) ?? answered ?? Response.error()
}

/** Gives up where the answer has not begun by then; one that has comes to its end, however long it takes. */
export const begunWithin = async (delayMs: number, ask: (signal: AbortSignal) => Promise<Response>): Promise<Response> => {
  const abort = new AbortController()
  const timer = setTimeout(() => abort.abort(), delayMs)
  try {
    return await ask(abort.signal)
  } finally {
    clearTimeout(timer)
  }
}
