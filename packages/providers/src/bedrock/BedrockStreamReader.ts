/** The reader of one streamed answer: bytes → messages of Amazon's framing → model events → the sink, at once in the socket's callback. */
import { Exit } from "effect"
import type { ModelAnswer, ModelEvent } from "@parley/domain/ModelEvent"
import type { ModelSink, StreamControl } from "@parley/domain/ModelProvider"
import type { ModelParameters } from "@parley/domain/ModelRequest"
import { AnswerFold } from "../call/AnswerFold.ts"
import type { BodyReader } from "../call/ProviderHttp.ts"
import type { CallFault } from "../call/providerErrors.ts"
import { passedBy, streamedLengthOf } from "../call/streamedLength.ts"
import type { StreamedLength } from "../call/streamedLength.ts"
import type { ProviderLimits } from "../ProviderLimits.ts"
import type { StreamError } from "../wire/AnswerStreamReader.ts"
import type { Step } from "../wire/Wire.ts"
import { end, start, step } from "./decodeStream.ts"
import type { BedrockState } from "./decodeStream.ts"
import { EventStreamFrames } from "./EventStreamFrames.ts"

type Outcome = Exit.Exit<ModelAnswer, CallFault | StreamError>

export class BedrockStreamReader implements BodyReader<ModelAnswer, CallFault | StreamError> {
  readonly #identity: { readonly model: string; readonly responseId: string }
  readonly #sink: ModelSink
  readonly #bound: StreamedLength
  readonly #frames: EventStreamFrames
  readonly #fold = new AnswerFold()
  #state: BedrockState = start

  constructor(
    identity: { readonly model: string; readonly responseId: string },
    limits: ProviderLimits,
    sink: ModelSink,
    parameters: ModelParameters = {}
  ) {
    this.#identity = identity
    this.#sink = sink
    this.#bound = streamedLengthOf(limits, parameters)
    this.#frames = new EventStreamFrames(limits.maxStreamLineBytes)
  }

  chunk(bytes: Uint8Array, control: StreamControl): Outcome | undefined {
    const events: Array<ModelEvent> = []
    for (const event of this.#frames.push(bytes)) {
      const outcome = this.#apply(step(this.#state, event), events)
      if (outcome === undefined) continue
      this.#deliver(events, control)
      return outcome
    }
    this.#deliver(events, control)
    const passed = passedBy(this.#bound, this.#fold)
    return passed === undefined ? undefined : malformed(`The answer is longer than ${passed} characters`)
  }

  end(control: StreamControl): Outcome {
    const events: Array<ModelEvent> = []
    const outcome = this.#apply(end(this.#state), events)
    this.#deliver(events, control)
    return outcome ?? truncated
  }

  #apply(next: Step<BedrockState>, events: Array<ModelEvent>): Outcome | undefined {
    switch (next.status) {
      case "more":
      case "done":
        this.#state = next.state
        for (const event of next.events) {
          this.#fold.add(event)
          events.push(event)
        }
        return next.status === "done" ? Exit.succeed(this.#fold.answer(this.#identity)) : undefined
      case "failed":
        return Exit.fail({ _tag: "StreamError", error: next.error })
      case "truncated":
        return truncated
    }
  }

  #deliver(events: ReadonlyArray<ModelEvent>, control: StreamControl): void {
    if (events.length > 0) this.#sink(events, control)
  }
}

const malformed = (message: string): Outcome => Exit.fail({ _tag: "CallFault", kind: "malformed", message })

const truncated: Outcome = Exit.fail({
  _tag: "CallFault",
  kind: "truncated",
  message: "The provider's stream ended without its terminal"
})
