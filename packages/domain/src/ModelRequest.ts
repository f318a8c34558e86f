/** What is asked of a model, in our own words; each provider translates it to its wire. */
import { Schema } from "effect"
import { AssistantPart, CacheFor, UserPart, TextPart, ToolResultPart } from "./Content.ts"

export const maxMessages = 10_000
export const maxTools = 128

export const SystemMessage = Schema.Struct({ role: Schema.Literal("system"), content: Schema.Array(TextPart) })
export const UserMessage = Schema.Struct({ role: Schema.Literal("user"), content: Schema.Array(UserPart) })
export const AssistantMessage = Schema.Struct({
  role: Schema.Literal("assistant"),
  content: Schema.Array(AssistantPart)
})
export const ToolMessage = Schema.Struct({ role: Schema.Literal("tool"), content: Schema.Array(ToolResultPart) })

export const ModelMessage = Schema.Union([SystemMessage, UserMessage, AssistantMessage, ToolMessage])
export type ModelMessage = typeof ModelMessage.Type

export const ToolDefinition = Schema.Struct({
  name: Schema.String.check(Schema.isPattern(/^[A-Za-z0-9_.-]{1,128}$/)),
  description: Schema.optionalKey(Schema.String),
  /** JSON Schema of the arguments object. */
  parameters: Schema.optionalKey(Schema.Record(Schema.String, Schema.Json)),
  strict: Schema.optionalKey(Schema.Boolean),
  cacheFor: Schema.optionalKey(CacheFor)
})
export type ToolDefinition = typeof ToolDefinition.Type

export const ToolChoice = Schema.Union([Schema.Literals(["auto", "none", "required"]), Schema.Struct({ name: Schema.String })])
export type ToolChoice = typeof ToolChoice.Type

export const ResponseFormat = Schema.Union([
  Schema.Struct({ type: Schema.Literal("text") }),
  Schema.Struct({ type: Schema.Literal("json") }),
  Schema.Struct({
    type: Schema.Literal("json-schema"),
    name: Schema.String,
    schema: Schema.Record(Schema.String, Schema.Json),
    strict: Schema.optionalKey(Schema.Boolean)
  })
])
export type ResponseFormat = typeof ResponseFormat.Type

export const ReasoningEffort = Schema.Literals(["none", "minimal", "low", "medium", "high", "xhigh"])
export type ReasoningEffort = typeof ReasoningEffort.Type

/** What a caller may tune; absent means the provider's own default. */
export const ModelParameters = Schema.Struct({
  temperature: Schema.optionalKey(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 2 }))),
  topP: Schema.optionalKey(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))),
  maxOutputTokens: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1_000_000 }))),
  stop: Schema.optionalKey(Schema.Array(Schema.String).check(Schema.isMaxLength(8))),
  seed: Schema.optionalKey(Schema.Int),
  frequencyPenalty: Schema.optionalKey(Schema.Finite.check(Schema.isBetween({ minimum: -2, maximum: 2 }))),
  presencePenalty: Schema.optionalKey(Schema.Finite.check(Schema.isBetween({ minimum: -2, maximum: 2 }))),
  reasoningEffort: Schema.optionalKey(ReasoningEffort),
  responseFormat: Schema.optionalKey(ResponseFormat),
  tools: Schema.optionalKey(Schema.Array(ToolDefinition).check(Schema.isMaxLength(maxTools))),
  toolChoice: Schema.optionalKey(ToolChoice),
  parallelToolCalls: Schema.optionalKey(Schema.Boolean),
  /** An opaque end-user id, passed on to providers that take one. */
  user: Schema.optionalKey(Schema.String)
})
export type ModelParameters = typeof ModelParameters.Type

export const ModelRequest = Schema.Struct({
  /** The provider's own name of the model, without our `provider/` prefix. */
  model: Schema.String,
  messages: Schema.Array(ModelMessage).check(Schema.isMaxLength(maxMessages)),
  parameters: ModelParameters
})
export type ModelRequest = typeof ModelRequest.Type
