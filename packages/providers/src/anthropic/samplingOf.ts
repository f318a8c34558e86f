/** How a Claude is told to choose its words, as far as it takes that. */
import type { ModelParameters } from "@parley/domain/ModelRequest"
import { claudeSampling } from "./claudeModels.ts"

export interface Sampling {
  readonly temperature?: number
  readonly topP?: number
}

/** Claude's temperatures end here; OpenAI's go up to 2. */
const maxTemperature = 1

/** Of one that takes either of them the temperature, which Anthropic asks to be preferred. One that thinks takes none but its own. */
export const samplingOf = (model: string, { reasoningEffort = "none", temperature, topP }: ModelParameters): Sampling => {
  const takes = reasoningEffort === "none" ? claudeSampling(model) : "neither"
  if (takes === "neither") return {}
  const isTopPTaken = topP !== undefined && (takes === "both" || temperature === undefined)
  return {
    ...(temperature === undefined ? {} : { temperature: Math.min(temperature, maxTemperature) }),
    ...(isTopPTaken ? { topP } : {})
  }
}
