/** What a provider's wire is made of. The wires are twins: the same files with the same sections in the same order. */
import type { ModelAnswer, ModelEvent } from "@parley/domain/ModelEvent"
import type { ModelRequest } from "@parley/domain/ModelRequest"
import type { ForeignObject } from "../call/foreign.ts"
import type { WireError } from "../call/providerErrors.ts"
import type { SseEvent } from "../call/Sse.ts"

/** Where a provider is and how it knows us. */
export interface Target {
  /** Ends without a slash; paths are appended. */
  readonly baseUrl: string
  readonly apiKey?: string
  /** Sent beside the wire's own, where the SDK asks (the list of models). Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>
}

export type Step<State> =
  | { readonly status: "more" | "done"; readonly state: State; readonly events: ReadonlyArray<ModelEvent> }
  | { readonly status: "failed"; readonly error: WireError }
  /** The body ended where this wire does not end. */
  | { readonly status: "truncated" }

/** A pure step per event; `done` comes with the provider's own terminal and nothing is read after it. */
export interface StreamDecoder<State> {
  readonly start: State
  readonly step: (state: State, event: SseEvent) => Step<State>
  /** The body ended cleanly, without the terminal having been seen. */
  readonly end: (state: State) => Step<State>
  /** What stands before the text in a chunk of text, for `RepeatedText`. */
  readonly textKey: string
  readonly identity: (state: State) => { readonly model: string; readonly responseId: string }
}

export interface Wire<State> {
  readonly id: string
  readonly completionsPath: string
  /** Flat pairs of name and value. */
  readonly headers: (apiKey: string | undefined) => ReadonlyArray<string>
  /** The header of a key under which the provider works and charges once, where it takes one. */
  readonly idempotencyHeader?: string | undefined
  readonly encodeRequest: (request: ModelRequest, streaming: boolean) => object
  /** The whole answer, or undefined when the body is not one. */
  readonly decodeAnswer: (body: ForeignObject) => ModelAnswer | undefined
  readonly decodeStream: StreamDecoder<State>
  /** The error in a body, or undefined when it holds none. */
  readonly decodeError: (body: ForeignObject) => WireError | undefined
}
