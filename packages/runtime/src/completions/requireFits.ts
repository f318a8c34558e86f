/** A prompt that its model cannot read is refused before its provider is asked. */
import { Effect } from "effect"
import { ContextTooLong } from "@parley/domain/Errors"
import type { ModelRequest } from "@parley/domain/ModelRequest"
import type { ResolvedModel } from "@parley/providers/Providers"

export const requireFits = (
  model: Pick<ResolvedModel, "name" | "tokens">,
  prompt: Pick<ModelRequest, "messages" | "parameters">
): Effect.Effect<void, ContextTooLong> =>
  Effect.flatMap(model.tokens.overflow(prompt), (over) =>
    over === undefined ? Effect.void : Effect.fail(tooLong(model.name, over.contextTokens, over.inputTokens))
  )

const tooLong = (model: string, contextTokens: number, inputTokens: number): ContextTooLong =>
  new ContextTooLong({
    model,
    contextTokens,
    inputTokens,
    message:
      `The prompt is ${Math.max(1, inputTokens - contextTokens)} tokens too long: about ${inputTokens} tokens, and the context window of ` +
      `${model} holds ${contextTokens}. Shorten the messages, or ask a model with a larger window.`
  })
