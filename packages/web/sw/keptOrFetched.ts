interface Kept {
  readonly find: () => Promise<Response | undefined>
  readonly keep: (response: Response) => Promise<void>
}

/** As kept, or fetched and kept for the next time. Nobody waits for that, and where the device cannot say, or has no room, the network is enough. */
export const keptOrFetched = async (
  kept: Kept,
  ask: () => Promise<Response>,
  goesOn: (work: Promise<void>) => void
): Promise<Response> => {
  const known = await kept.find().catch(() => undefined)
  if (known !== undefined) return known
  const response = await ask()
  if (response.ok) goesOn(kept.keep(response.clone()).catch(() => {}))
  return response
}
