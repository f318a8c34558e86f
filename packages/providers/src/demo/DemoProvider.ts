/** The provider that answers when there is no other: offline, deterministic, and never silent about being the demo. */
import { Effect, Latch } from "effect"
import type { ModelAnswer, ModelEvent } from "@parley/domain/ModelEvent"
import type { ModelInfo, ModelProvider, ModelSink, StreamControl } from "@parley/domain/ModelProvider"
import type { ModelRequest } from "@parley/domain/ModelRequest"
import { ProviderModelNotFound } from "@parley/domain/ProviderError"
import { AnswerFold } from "../call/AnswerFold.ts"
import { demoAnswer } from "./demoAnswer.ts"

/** About the pace of a brisk model. */
export const defaultWordDelayMs = 20

const demoModel = "parley"

const info: ModelInfo = {
  id: `demo/${demoModel}`,
  provider: "demo",
  model: demoModel,
  createdAtSeconds: 0,
  kind: "chat"
}

export const makeDemoProvider = (wordDelayMs = defaultWordDelayMs): ModelProvider => ({
  id: "demo",
  isDemo: true,
  models: Effect.succeed([info]),
  complete: (request) => Effect.map(checked(request), () => foldOf(eventsOf(request))),
  stream: Effect.fnUntraced(function* (request: ModelRequest, sink: ModelSink) {
    yield* checked(request)
    const events = eventsOf(request)
    const gate = yield* Latch.make(true)
    const control: StreamControl = {
      pause: () => void gate.closeUnsafe(),
      resume: () => void gate.openUnsafe()
    }
    for (const event of events) {
      yield* gate.await
      sink([event], control)
      if (event.type === "text-delta" && wordDelayMs > 0) yield* Effect.sleep(wordDelayMs)
    }
    return foldOf(events)
  })
})

const checked = (request: ModelRequest): Effect.Effect<void, ProviderModelNotFound> =>
  request.model === demoModel
    ? Effect.void
    : Effect.fail(
        new ProviderModelNotFound({
          provider: "demo",
          model: request.model,
          message: `The demo has one model, ${info.id}; set up a provider to use ${request.model}`
        })
      )

const eventsOf = (request: ModelRequest): ReadonlyArray<ModelEvent> => {
  const answer = demoAnswer(request)
  const events: Array<ModelEvent> = answer.words.map((text) => ({ type: "text-delta", text }))
  if (answer.call !== undefined) {
    events.push({ type: "tool-call-delta", index: 0, ...answer.call }, { type: "tool-call", index: 0, ...answer.call })
  }
  events.push({ type: "usage", usage: answer.usage })
  events.push({
    type: "finish",
    reason: answer.finishReason,
    ...(answer.stopSequence === undefined ? {} : { stopSequence: answer.stopSequence })
  })
  return events
}

const foldOf = (events: ReadonlyArray<ModelEvent>): ModelAnswer => {
  const fold = new AnswerFold()
  for (const event of events) fold.add(event)
  return fold.answer({ model: demoModel, responseId: "" })
}
