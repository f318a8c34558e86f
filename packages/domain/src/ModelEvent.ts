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

/**
 * The answer goes on with another target: because one failed, was passed over, or because its owner restarted. With `restart` what was told of
 * the answer so far is void, and the answer begins again.
 */
export const ProviderSwitch = Schema.Struct({
  type: Schema.Literal("provider-switch"),
  from: Schema.String,
  to: Schema.String,
  reason: Schema.String,
  restart: Schema.optionalKey(Schema.Literal(true))
})
export type ProviderSwitch = typeof ProviderSwitch.Type

export const ModelEvent = Schema.Union([TextDelta, ReasoningDelta, ToolCallDelta, ToolCall, UsageEvent, Finish, ProviderSwitch])
export type ModelEvent = typeof ModelEvent.Type

/** One call of those that an answer took. */
export const Attempt = Schema.Struct({
  /** `provider/model` */
  target: Schema.String,
  usage: Usage,
  /** Why it did not give the answer, or not all of it: the tag of its error, or that another was faster. Absent: it did. */
  failure: Schema.optionalKey(Schema.String)
})
export type Attempt = typeof Attempt.Type

/** A whole answer. */
export const ModelAnswer = Schema.Struct({
  /** The provider's name of the model that answered. */
  model: Schema.String,
  /** The provider's id of this response, for its support desk; empty when it gave none. */
  responseId: Schema.String,
  content: Schema.Array(AssistantPart),
  finishReason: FinishReason,
  /** Of all attempts together. */
  usage: Usage,
  /** In the order in which they began, where a route chose between targets; what it costs is the sum of their costs. */
  attempts: Schema.optionalKey(Schema.Array(Attempt)),
  /** `provider/model` of those that would have been called before who answered, but could not be: an open circuit, a hold, too many calls. */
  passedOver: Schema.optionalKey(Schema.Array(Schema.String))
})
export type ModelAnswer = typeof ModelAnswer.Type
