/** Completions that say what the test tells them to. */
import { Caller, type CallerInfo } from "@parley/domain/Caller"
import { Completions, type CompletionError, type CompletionRequest } from "@parley/domain/Completions"
import { textOf } from "@parley/domain/Content"
import { ModelNotFound } from "@parley/domain/Errors"
import type { ModelAnswer, ModelEvent } from "@parley/domain/ModelEvent"
import type { ModelInfo, ModelSink, StreamControl } from "@parley/domain/ModelProvider"
import type { Usage } from "@parley/domain/Usage"
import { Deferred, Effect, Exit, Layer } from "effect"

export const usage: Usage = { inputTokens: 11, cachedInputTokens: 3, cacheWriteTokens: 0, outputTokens: 7, reasoningTokens: 2 }

export const answerOf = (answer: Partial<ModelAnswer> = {}): ModelAnswer => ({
  model: "echo-1",
  responseId: "resp_1",
  content: [{ type: "text", text: "Hello there" }],
  finishReason: "stop",
  usage,
  ...answer
})

export type Script = (
  request: CompletionRequest,
  sink: ModelSink,
  control: StreamControl
) => Effect.Effect<ModelAnswer, CompletionError>

/** Says these events, one call of the sink each, and answers. */
export const saying =
  (events: ReadonlyArray<ModelEvent>, answer: ModelAnswer = answerOf()): Script =>
  (_request, sink, control) =>
    Effect.sync(() => {
      for (const event of events) sink([event], control)
      return answer
    })

export const words = (...texts: ReadonlyArray<string>): ReadonlyArray<ModelEvent> => [
  ...texts.map((text) => ({ type: "text-delta", text }) as const),
  { type: "finish", reason: "stop" }
]

export class ScriptedCompletions {
  readonly requests: Array<CompletionRequest> = []
  readonly callers: Array<CallerInfo> = []
  script: Script = saying(words("Hello", " there"))
  /** Done when a call was interrupted; made anew by `reset`. */
  interrupted = Deferred.makeUnsafe<void>()
  models: ReadonlyArray<ModelInfo> = [
    { id: "demo/echo-1", model: "echo-1", provider: "demo", kind: "chat", createdAtSeconds: 1_700_000_000 },
    {
      id: "llama/meta/llama-4",
      model: "meta/llama-4",
      provider: "llama",
      kind: "chat",
      createdAtSeconds: 1_700_000_001,
      contextTokens: 128_000,
      maxOutputTokens: 8_192,
      price: {
        input: 0.5,
        cachedInput: 0.05,
        output: 2,
        longPrompt: { aboveInputTokens: 64_000, input: 1, output: 4 },
        later: { fromMs: Date.UTC(9999, 0, 1), input: 0.75, output: 3 }
      }
    }
  ]

  reset(): void {
    this.requests.length = 0
    this.callers.length = 0
    this.script = saying(words("Hello", " there"))
    this.interrupted = Deferred.makeUnsafe<void>()
  }

  readonly layer = Layer.sync(Completions, () => {
    const run = (request: CompletionRequest, sink: ModelSink) =>
      Effect.gen({ self: this }, function* () {
        this.requests.push(request)
        this.callers.push(yield* Caller)
        if (request.model === "nobody/nothing") {
          return yield* new ModelNotFound({ message: "There is no model `nobody/nothing`.", model: request.model })
        }
        const { interrupted } = this
        return yield* Effect.onInterrupt(this.script(request, sink, { pause: () => {}, resume: () => {} }), () =>
          Effect.sync(() => Deferred.doneUnsafe(interrupted, Exit.void))
        )
      })
    return {
      complete: (request) => run(request, () => {}),
      stream: run,
      countTokens: (request) =>
        Effect.as(
          run(request, () => {}),
          { inputTokens: 14, isEstimated: false }
        ),
      estimateTokens: () => Effect.succeed(() => 13),
      models: Effect.sync(() => this.models)
    }
  })
}

export const questionOf = (request: CompletionRequest): string => {
  const last = request.messages.at(-1)
  return last === undefined ? "" : textOf(last.content)
}
