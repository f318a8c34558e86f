/** `POST /v1/chat/completions` as OpenAI's clients send it. Fields that Parley does not know are ignored; ones that it cannot honour are refused. */
import { ImageUrlInput, maxParts, maxTextLength } from "@parley/domain/Content"
import { maxMessages, maxTools, ReasoningEffort, ToolDefinition } from "@parley/domain/ModelRequest"
import { Schema } from "effect"

/** Clients write `null` for what they leave out. */
const optional = <S extends Schema.Constraint>(schema: S) => Schema.optionalKey(Schema.NullOr(schema))

const text = Schema.String.check(Schema.isMaxLength(maxTextLength))
const TextPart = Schema.Struct({ type: Schema.Literal("text"), text })
const RefusalPart = Schema.Struct({ type: Schema.Literal("refusal"), refusal: text })
const ImageUrlPart = Schema.Struct({
  type: Schema.Literal("image_url"),
  image_url: Schema.Struct({ url: ImageUrlInput, detail: optional(Schema.Literals(["auto", "low", "high"])) })
})
const parts = <S extends Schema.Constraint>(part: S) =>
  Schema.Union([text, Schema.Array(part).check(Schema.isMinLength(1), Schema.isMaxLength(maxParts))])

// One literal a member: by it a union finds the one member whose faults are told.
const SystemMessage = Schema.Struct({ role: Schema.Literal("system"), content: parts(TextPart) })
const DeveloperMessage = Schema.Struct({ role: Schema.Literal("developer"), content: parts(TextPart) })
const UserMessage = Schema.Struct({
  role: Schema.Literal("user"),
  content: parts(Schema.Union([TextPart, ImageUrlPart]))
})
const ToolCall = Schema.Struct({
  id: Schema.String,
  type: Schema.Literal("function"),
  function: Schema.Struct({ name: Schema.String, arguments: Schema.String })
})
const AssistantMessage = Schema.Struct({
  role: Schema.Literal("assistant"),
  content: optional(parts(Schema.Union([TextPart, RefusalPart]))),
  refusal: optional(text),
  reasoning_content: optional(text),
  tool_calls: optional(Schema.Array(ToolCall).check(Schema.isMaxLength(maxParts)))
})
const ToolMessage = Schema.Struct({
  role: Schema.Literal("tool"),
  tool_call_id: Schema.String,
  content: parts(TextPart)
})
export const ChatMessage = Schema.Union([SystemMessage, DeveloperMessage, UserMessage, AssistantMessage, ToolMessage])
export type ChatMessage = typeof ChatMessage.Type

const json = Schema.Record(Schema.String, Schema.Json)

const Tool = Schema.Struct({
  type: Schema.Literal("function"),
  function: Schema.Struct({
    name: ToolDefinition.fields.name,
    description: optional(Schema.String),
    parameters: optional(json),
    strict: optional(Schema.Boolean)
  })
})

const ToolChoice = Schema.Union([
  Schema.Literals(["auto", "none", "required"]),
  Schema.Struct({ type: Schema.Literal("function"), function: Schema.Struct({ name: Schema.String }) })
])

const ResponseFormat = Schema.Union([
  Schema.Struct({ type: Schema.Literal("text") }),
  Schema.Struct({ type: Schema.Literal("json_object") }),
  Schema.Struct({
    type: Schema.Literal("json_schema"),
    json_schema: Schema.Struct({ name: Schema.String, schema: json, strict: optional(Schema.Boolean) })
  })
])

/** What `isPlainChatRequest` looks at too. */
export const bounds = {
  modelLength: 256,
  temperature: { minimum: 0, maximum: 2 },
  topP: { minimum: 0, maximum: 1 },
  tokens: { minimum: 1, maximum: 1_000_000 }
} as const

const number = (minimum: number, maximum: number) => optional(Schema.Finite.check(Schema.isBetween({ minimum, maximum })))
const tokens = optional(Schema.Int.check(Schema.isBetween(bounds.tokens)))

export const ChatRequest = Schema.Struct({
  model: Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(bounds.modelLength)),
  messages: Schema.Array(ChatMessage).check(Schema.isMinLength(1), Schema.isMaxLength(maxMessages)),
  stream: optional(Schema.Boolean),
  stream_options: optional(Schema.Struct({ include_usage: optional(Schema.Boolean) })),
  temperature: number(bounds.temperature.minimum, bounds.temperature.maximum),
  top_p: number(bounds.topP.minimum, bounds.topP.maximum),
  frequency_penalty: number(-2, 2),
  presence_penalty: number(-2, 2),
  seed: optional(Schema.Int),
  max_tokens: tokens,
  max_completion_tokens: tokens,
  stop: optional(Schema.Union([Schema.String, Schema.Array(Schema.String).check(Schema.isMaxLength(8))])),
  reasoning_effort: optional(ReasoningEffort),
  response_format: optional(ResponseFormat),
  tools: optional(Schema.Array(Tool).check(Schema.isMaxLength(maxTools))),
  tool_choice: optional(ToolChoice),
  parallel_tool_calls: optional(Schema.Boolean),
  user: optional(Schema.String.check(Schema.isMaxLength(512))),
  /** One answer a request. */
  n: optional(Schema.Literal(1)),
  /** Not given by every provider, so by none. */
  logprobs: optional(Schema.Literal(false)),
  modalities: optional(Schema.Array(Schema.Literal("text")))
})
export type ChatRequest = typeof ChatRequest.Type
