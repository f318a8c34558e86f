/** The work that is the same whatever does it. */

/** Tokens of one streamed answer. */
export const answerTokens = 200
/** 50 tokens a second. */
export const tokenIntervalMs = 20
