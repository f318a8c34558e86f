/** Providers in this process that do what they were last told. */
import { Effect } from "effect"
import type { ModelAnswer } from "@parley/domain/ModelEvent"
import type { ModelProvider } from "@parley/domain/ModelProvider"
import type { ProviderError } from "@parley/domain/ProviderError"
import { noUsage } from "@parley/domain/Usage"

export const fine: ModelAnswer = { model: "m", responseId: "", content: [], finishReason: "stop", usage: noUsage }

export type Call = Effect.Effect<ModelAnswer, ProviderError>

export const makeFake = (id: string) => {
  let next: Call = Effect.succeed(fine)
  let list: ModelProvider["models"] = Effect.succeed([])
  let calls = 0
  let listed = 0
  const call = Effect.suspend(() => {
    calls++
    return next
  })
  const provider: ModelProvider = {
    id,
    isDemo: false,
    models: Effect.suspend(() => {
      listed++
      return list
    }),
    complete: () => call,
    stream: (_request, sink) =>
      Effect.andThen(
        Effect.sync(() => sink([], { pause: () => {}, resume: () => {} })),
        call
      )
  }
  return {
    provider,
    calls: () => calls,
    listed: () => listed,
    does: (what: Call) => void (next = what),
    lists: (what: ModelProvider["models"]) => void (list = what)
  }
}
