/**
 * The reader of one streamed answer: bytes → events of the stream → model events → the sink. Decoding is synchronous in
 * the parser's callback. Servers write one HTTP chunk per token, and one read of the socket often holds many: what a read
 * brought goes to the sink together, in the microtask that follows it.
 */
import { Exit } from "effect"
import type { ModelAnswer, ModelEvent } from "@parley/domain/ModelEvent"
import type { ModelSink, StreamControl } from "@parley/domain/ModelProvider"
import { AnswerFold } from "../call/AnswerFold.ts"
import type { BodyReader } from "../call/ProviderHttp.ts"
import type { CallFault, WireError } from "../call/providerErrors.ts"
import { SseDecoder, SseLineTooLong } from "../call/Sse.ts"
import type { SseEvent } from "../call/Sse.ts"
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
  readonly #fail: (exit: Outcome) => void
  readonly #maxLength: number
  readonly #sse: SseDecoder
  readonly #repeated: RepeatedText
  readonly #fold = new AnswerFold()
  #state: State
  #pending: Array<ModelEvent> = []
  #control: StreamControl | undefined = undefined
  #scheduled = false
  #closed = false

  constructor(decoder: StreamDecoder<State>, limits: ProviderLimits, sink: ModelSink, fail: (exit: Outcome) => void) {
    this.#decoder = decoder
    this.#state = decoder.start
    this.#sink = sink
    this.#fail = fail
    this.#maxLength = limits.maxStreamedLength
    this.#sse = new SseDecoder(limits.maxStreamLineBytes)
    this.#repeated = new RepeatedText(decoder.textKey)
  }

  chunk(bytes: Uint8Array, control: StreamControl): Outcome | undefined {
    this.#control = control
    let events: ReadonlyArray<SseEvent>
    try {
      events = this.#sse.push(bytes)
    } catch (error) {
      if (error instanceof SseLineTooLong) return malformed(error.message)
      throw error
    }
    for (const event of events) {
      const text = this.#repeated.read(this.#state, event)
      if (text !== undefined) {
        this.#keep({ type: "text-delta", text })
        continue
      }
      const before = this.#state
      const step = this.#decoder.step(before, event)
      if (step.status === "more" && step.state === before) this.#repeated.learn(before, event, step.events)
      const outcome = this.#apply(step, control)
      if (outcome !== undefined) return outcome
    }
    if (this.#fold.length > this.#maxLength) {
      this.#deliver(control)
      return malformed(`The answer is longer than ${this.#maxLength} characters`)
    }
    this.#schedule()
    return undefined
  }

  end(control: StreamControl): Outcome {
    return this.#apply(this.#decoder.end(this.#state), control) ?? truncated
  }

  flush(control: StreamControl): void {
    this.#deliver(control)
  }

  close(): void {
    this.#closed = true
    this.#pending = []
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
    for (const event of step.events) this.#keep(event)
  }

  #keep(event: ModelEvent): void {
    this.#fold.add(event)
    this.#pending.push(event)
  }

  #schedule(): void {
    if (this.#scheduled || this.#pending.length === 0) return
    this.#scheduled = true
    // Cheaper than `queueMicrotask`, which makes a resource for async hooks each time; `#turn` never throws.
    void afterThisTurn.then(this.#turn)
  }

  readonly #turn = (): void => {
    this.#scheduled = false
    try {
      if (this.#control !== undefined) this.#deliver(this.#control)
    } catch (defect) {
      this.#fail(Exit.die(defect))
    }
  }

  #deliver(control: StreamControl): void {
    if (this.#closed || this.#pending.length === 0) return
    const events = this.#pending
    this.#pending = []
    this.#sink(events, control)
  }
}

const afterThisTurn = Promise.resolve()

const truncated: Outcome = Exit.fail({
  _tag: "CallFault",
  kind: "truncated",
  message: "The provider's stream ended without its terminal"
})

const malformed = (message: string): Outcome => Exit.fail({ _tag: "CallFault", kind: "malformed", message })
