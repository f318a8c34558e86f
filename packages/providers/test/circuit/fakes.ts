/** Providers in this process that do what they were last told. */
import { Deferred, Effect } from "effect"
import type { ModelAnswer, ModelEvent } from "@parley/domain/ModelEvent"
import type { ModelProvider, ModelSink } from "@parley/domain/ModelProvider"
import { ProviderFailed } from "@parley/domain/ProviderError"
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

/** Each call waits for the test. */
export const makeHeld = (id: string) => {
  const calls: Array<{
    readonly sink: ModelSink
    readonly end: Deferred.Deferred<ModelAnswer, ProviderError>
    isAborted: boolean
  }> = []
  const control = { pause: () => {}, resume: () => {} }
  const held = (sink: ModelSink) =>
    Effect.suspend(() => {
      const call = { sink, end: Deferred.makeUnsafe<ModelAnswer, ProviderError>(), isAborted: false }
      calls.push(call)
      return Effect.onInterrupt(Deferred.await(call.end), () => Effect.sync(() => void (call.isAborted = true)))
    })
  const provider: ModelProvider = {
    id,
    isDemo: false,
    models: Effect.succeed([]),
    complete: () => held(() => {}),
    stream: (_request, sink) => held(sink)
  }
  return {
    provider,
    calls,
    say: (n: number, ...events: ReadonlyArray<ModelEvent>) => calls[n]?.sink(events, control),
    end: (n: number, answer = fine) => Deferred.succeed(calls[n]!.end, answer),
    fail: (n: number) => Deferred.fail(calls[n]!.end, new ProviderFailed({ provider: id, model: "m", message: "no" }))
  }
}

export const text = (words: string): ModelEvent => ({ type: "text-delta", text: words })
