/**
 * A page as the server gives it; the kept one where the server is away, whether nothing answers or a proxy in front of it does, with a page of its
 * own. Where none is kept, what was answered.
 */
export const keptIfAway = async (ask: () => Promise<Response>, kept: () => Promise<Response | undefined>): Promise<Response> => {
  const answered = await ask().catch(() => undefined)
  if (answered !== undefined && answered.status < 500) return answered
  return (await kept()) ?? answered ?? Response.error()
}
