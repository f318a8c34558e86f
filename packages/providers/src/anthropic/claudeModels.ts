/** What the Claudes take, by their names: the API tells it of none, and refuses with a 400 what one of them does not take. */

/** Claude goes on with an answer that ends the messages up to 4.5; later ones refuse such a request. */
export const claudeGoesOn = (model: string): boolean =>
  /^claude-(instant|2|3)|^claude-(opus|sonnet|haiku)-4(-[015])?(-\d{8})?$/.test(model)

/**
 * Which of temperature and top_p a Claude takes: both up to 4.0, one of them from Opus 4.1 to 4.6, and neither from then on. A name that says nothing of
 * this is taken for a new one.
 */
export const claudeSampling = (model: string): "both" | "either" | "neither" =>
  /^claude-(instant|2|3)|^claude-(opus|sonnet)-4(-0)?(-\d{8})?$/.test(model)
    ? "both"
    : /^claude-(opus|sonnet|haiku)-4-[1-6](-\d{8})?$/.test(model)
      ? "either"
      : "neither"
