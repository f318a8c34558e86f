/** A conversation that outgrew its model's window goes on with its newest turns: the oldest are left out, the system's words stay. */
import type { ModelMessage, ModelParameters } from "@parley/domain/ModelRequest"
import type { ResolvedModel } from "@parley/providers/Providers"

/** The share of the window that is kept free where nobody said how long the answer may become. */
const answerShare = 0.1

export interface FittedPrompt {
  readonly messages: ReadonlyArray<ModelMessage>
  /** Turns of a person's that were left out, with what followed each. */
  readonly droppedTurns: number
}

/**
 * By the estimate, which is at hand at once. A turn begins with a person's message and is left out whole, so that no tool's result
 * is without its call. The last turn is never left out: where it alone is too long, the model's window is.
 */
export const fitPrompt = (
  model: Pick<ResolvedModel, "facts" | "tokens">,
  messages: ReadonlyArray<ModelMessage>,
  parameters: ModelParameters
): FittedPrompt => {
  const { contextTokens } = model.facts
  if (contextTokens === undefined || model.tokens.surelyFits({ messages, parameters })) return { messages, droppedTurns: 0 }
  const reserved = Math.min(parameters.maxOutputTokens ?? Infinity, Math.floor(contextTokens * answerShare))
  const tokensOf = (some: ReadonlyArray<ModelMessage>) => model.tokens.estimate({ messages: some, parameters })
  const system = messages.filter(({ role }) => role === "system")
  const turns = turnsOf(messages)
  let room = contextTokens - reserved - tokensOf(system)
  let first = turns.length
  while (first > 0) {
    const turn = turns[first - 1] ?? []
    room -= model.tokens.estimate({ messages: turn, parameters: {} })
    if (room < 0 && first < turns.length) break
    first--
  }
  return first === 0
    ? { messages, droppedTurns: 0 }
    : { messages: [...system, ...turns.slice(first).flat()], droppedTurns: first }
}

const turnsOf = (messages: ReadonlyArray<ModelMessage>): ReadonlyArray<ReadonlyArray<ModelMessage>> => {
  const turns: Array<Array<ModelMessage>> = []
  for (const message of messages) {
    if (message.role === "system") continue
    const last = turns.at(-1)
    if (message.role === "user" || last === undefined) turns.push([message])
    else last.push(message)
  }
  return turns
}
