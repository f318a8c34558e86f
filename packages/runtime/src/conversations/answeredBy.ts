/** Who spoke, as it is stored beside `model`: only where it is another, as of a route that was asked by its own name. */
export const answeredBy = (model: string, speaker: string | undefined): string | null =>
  speaker === undefined || speaker === model ? null : speaker
