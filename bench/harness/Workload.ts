/** The work that is the same whatever does it. */

/** Tokens of one streamed answer. */
export const answerTokens = 200
/** 50 tokens a second. */
export const tokenIntervalMs = 20
/** Of the text in Markdown that a browser is given: faster than most models write. */
export const markdownTokensPerSecond = 150
