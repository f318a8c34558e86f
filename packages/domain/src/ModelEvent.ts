/** What a model says while it answers. A provider's wire is parsed once into these and never again. */
import { Schema } from "effect"
import { AssistantPart } from "./Content.ts"
import { Usage } from "./Usage.ts"

export const FinishReason = Schema.Literals(["stop", "length", "tool-calls", "content-filter", "refusal"])
export type FinishReason = typeof FinishReason.Type

export const TextDelta = Schema.Struct({ type: Schema.Literal("text-delta"), text: Schema.String })
export const ReasoningDelta = Schema.Struct({
  type: Schema.Literal("reasoning-delta"),
  text: Schema.String,
  signature: Schema.optionalKey(Schema.String)
})
/** `index` is the call's place among the calls of this answer; `id` and `name` come with its first delta only. */
export const ToolCallDelta = Schema.Struct({
  type: Schema.Literal("tool-call-delta"),
  index: Schema.Int,
  id: Schema.optionalKey(Schema.String),
  name: Schema.optionalKey(Schema.String),
  arguments: Schema.String
})
/** A call is complete. `arguments` is the JSON text as the model wrote it. */
export const ToolCall = Schema.Struct({
  type: Schema.Literal("tool-call"),
  index: Schema.Int,
  id: Schema.String,
  name: Schema.String,
  arguments: Schema.String
})
export const UsageEvent = Schema.Struct({ type: Schema.Literal("usage"), usage: Usage })
/** The provider's own terminal. Nothing follows it but `usage`. */
export const Finish = Schema.Struct({
  type: Schema.Literal("finish"),
  reason: FinishReason,
  stopSequence: Schema.optionalKey(Schema.String)
})

export const ModelEvent = Schema.Union([TextDelta, ReasoningDelta, ToolCallDelta, ToolCall, UsageEvent, Finish])
export type ModelEvent = typeof ModelEvent.Type

/** A whole answer. */
export const ModelAnswer = Schema.Struct({
  /** The provider's name of the model that answered. */
  model: Schema.String,
  /** The provider's id of this response, for its support desk; empty when it gave none. */
  responseId: Schema.String,
  content: Schema.Array(AssistantPart),
  finishReason: FinishReason,
  usage: Usage
})
export type ModelAnswer = typeof ModelAnswer.Type
