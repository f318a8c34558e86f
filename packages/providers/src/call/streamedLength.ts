/** How much one streamed answer may send; past that it is taken for endless. */
import type { ModelParameters } from "@parley/domain/ModelRequest"
import type { ProviderLimits } from "../ProviderLimits.ts"
import type { AnswerFold } from "./AnswerFold.ts"

export interface StreamedLength {
  /** All of it, and all but what was thought; in UTF-16 code units. */
  readonly whole: number
  readonly answer: number
}

export const streamedLengthOf = (limits: ProviderLimits, { maxOutputTokens }: ModelParameters): StreamedLength => {
  const whole = limits.maxStreamedLength
  if (maxOutputTokens === undefined) return { whole, answer: whole }
  return { whole, answer: Math.max(limits.minStreamedLength, maxOutputTokens * limits.maxStreamedLengthPerToken) }
}

/** The bound that was passed. */
export const passedBy = (bound: StreamedLength, fold: AnswerFold): number | undefined =>
  fold.length > bound.whole ? bound.whole : fold.answerLength > bound.answer ? bound.answer : undefined
