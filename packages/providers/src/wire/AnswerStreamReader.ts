/**
 * The reader of one streamed answer: bytes → events of the stream → model events → the sink, at once in the socket's callback. Servers write one HTTP
 * chunk per token, and one read of the socket often holds many: what a read brought goes to the sink together.
 */
import { Exit } from "effect"
import type { ModelAnswer, ModelEvent } from "@parley/domain/ModelEvent"
import type { ModelSink, StreamControl } from "@parley/domain/ModelProvider"
import type { ModelParameters } from "@parley/domain/ModelRequest"
import { AnswerFold } from "../call/AnswerFold.ts"
import type { BodyReader } from "../call/ProviderHttp.ts"
import type { CallFault, WireError } from "../call/providerErrors.ts"
import { SseDecoder, SseLineTooLong } from "../call/Sse.ts"
import { passedBy, streamedLengthOf } from "../call/streamedLength.ts"
import type { StreamedLength } from "../call/streamedLength.ts"
import type { ProviderLimits } from "../ProviderLimits.ts"
import { RepeatedText } from "./RepeatedText.ts"
import type { StreamDecoder, Step } from "./Wire.ts"

/** The provider said in the middle of the stream that it failed. */
export interface StreamError {
  readonly _tag: "StreamError"
  readonly error: WireError
}

type Outcome = Exit.Exit<ModelAnswer, CallFault | StreamError>

export class AnswerStreamReader<State> implements BodyReader<ModelAnswer, CallFault | StreamError> {
  readonly #decoder: StreamDecoder<State>
  readonly #sink: ModelSink
  readonly #bound: StreamedLength
  readonly #sse: SseDecoder
  readonly #repeated: RepeatedText
  readonly #fold = new AnswerFold()
  #state: State
  #pending: Array<ModelEvent> = []

  constructor(decoder: StreamDecoder<State>, limits: ProviderLimits, sink: ModelSink, parameters: ModelParameters = {}) {
    this.#decoder = decoder
    this.#state = decoder.start
    this.#sink = sink
    this.#bound = streamedLengthOf(limits, parameters)
    this.#sse = new SseDecoder(limits.maxStreamLineBytes)
    this.#repeated = new RepeatedText(decoder.textKey)
  }

  chunk(bytes: Uint8Array, control: StreamControl): Outcome | undefined {
    try {
      this.#sse.push(bytes)
    } catch (error) {
      if (error instanceof SseLineTooLong) return malformed(error.message)
      throw error
    }
    for (;;) {
      this.#takeTexts(this.#repeated.read(this.#state, this.#sse))
      const event = this.#sse.next()
      if (event === undefined) break
      const before = this.#state
      const step = this.#decoder.step(before, event)
      if (step.status === "more" && step.state === before) {
        this.#repeated.learn(before, event, this.#sse.lastLines, step.events)
      }
      const outcome = this.#apply(step, control)
      if (outcome !== undefined) return outcome
    }
    this.#deliver(control)
    const passed = passedBy(this.#bound, this.#fold)
    return passed === undefined ? undefined : malformed(`The answer is longer than ${passed} characters`)
  }

  end(control: StreamControl): Outcome {
    return this.#apply(this.#decoder.end(this.#state), control) ?? truncated
  }

  #apply(step: Step<State>, control: StreamControl): Outcome | undefined {
    switch (step.status) {
      case "more":
        this.#take(step)
        return undefined
      case "done":
        this.#take(step)
        this.#deliver(control)
        return Exit.succeed(this.#fold.answer(this.#decoder.identity(this.#state)))
      case "failed":
        this.#deliver(control)
        return Exit.fail({ _tag: "StreamError", error: step.error })
      case "truncated":
        this.#deliver(control)
        return truncated
    }
  }

  #take(step: { readonly state: State; readonly events: ReadonlyArray<ModelEvent> }): void {
    this.#state = step.state
    for (const event of step.events) {
      this.#fold.add(event)
      this.#pending.push(event)
    }
  }

  #takeTexts(texts: ReadonlyArray<string>): void {
    if (texts.length === 0) return
    this.#fold.addText(texts.join(""))
    for (const text of texts) this.#pending.push({ type: "text-delta", text })
  }

  #deliver(control: StreamControl): void {
    if (this.#pending.length === 0) return
    const events = this.#pending
    this.#pending = []
    this.#sink(events, control)
  }
}

const truncated: Outcome = Exit.fail({
  _tag: "CallFault",
  kind: "truncated",
  message: "The provider's stream ended without its terminal"
})

const malformed = (message: string): Outcome => Exit.fail({ _tag: "CallFault", kind: "malformed", message })
