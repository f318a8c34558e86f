/**
 * `POST /v1/messages` as Anthropic's clients send it. Fields that only tune cost or speed, and ones that Parley does not know, are ignored; ones
 * that would change the answer and cannot be honoured are refused.
 */
import { CacheFor, isImageBase64, maxImageUrlLength, maxParts, maxTextLength } from "@parley/domain/Content"
import { maxMessages, maxTools, ToolDefinition } from "@parley/domain/ModelRequest"
import { Schema } from "effect"

/** Clients write `null` for what they leave out. */
const optional = <S extends Schema.Constraint>(schema: S) => Schema.optionalKey(Schema.NullOr(schema))
const refused = (message: string) => Schema.optionalKey(Schema.Null.annotate({ message }))

const text = Schema.String.check(Schema.isMaxLength(maxTextLength))
/** Five minutes when it says nothing else. */
const CacheControl = Schema.Struct({ type: Schema.Literal("ephemeral"), ttl: optional(CacheFor) })
const cached = { cache_control: optional(CacheControl) }
const TextBlock = Schema.Struct({ type: Schema.Literal("text"), text, ...cached })
const textOr = <S extends Schema.Constraint>(block: S) =>
  Schema.Union([text, Schema.Array(block).check(Schema.isMinLength(1), Schema.isMaxLength(maxParts))])

const ImageSource = Schema.Union([
  Schema.Struct({
    type: Schema.Literal("base64"),
    media_type: Schema.Literals(["image/png", "image/jpeg", "image/gif", "image/webp"]),
    data: Schema.String.check(Schema.isMaxLength(maxImageUrlLength - 32), isImageBase64)
  }),
  Schema.Struct({
    type: Schema.Literal("url"),
    url: Schema.String.check(Schema.isMaxLength(8_192), Schema.isPattern(/^https?:\/\//))
  })
])
const ImageBlock = Schema.Struct({ type: Schema.Literal("image"), source: ImageSource, ...cached })
/** Of text only: a tool's result cannot carry images to every provider. */
const ToolResultBlock = Schema.Struct({
  type: Schema.Literal("tool_result"),
  tool_use_id: Schema.String,
  content: optional(Schema.Union([text, Schema.Array(TextBlock).check(Schema.isMaxLength(maxParts))])),
  is_error: optional(Schema.Boolean),
  ...cached
})
const ThinkingBlock = Schema.Struct({ type: Schema.Literal("thinking"), thinking: text, signature: optional(Schema.String) })
const RedactedThinkingBlock = Schema.Struct({ type: Schema.Literal("redacted_thinking"), data: Schema.String })

const json = Schema.Record(Schema.String, Schema.Json)
const ToolUseBlock = Schema.Struct({
  type: Schema.Literal("tool_use"),
  id: Schema.String,
  name: Schema.String,
  input: json,
  ...cached
})

// One literal a member: by it a union finds the one member whose faults are told.
const SystemMessage = Schema.Struct({ role: Schema.Literal("system"), content: textOr(TextBlock) })
const UserMessage = Schema.Struct({
  role: Schema.Literal("user"),
  content: textOr(Schema.Union([TextBlock, ImageBlock, ToolResultBlock]))
})
const AssistantMessage = Schema.Struct({
  role: Schema.Literal("assistant"),
  content: textOr(Schema.Union([TextBlock, ThinkingBlock, RedactedThinkingBlock, ToolUseBlock]))
})
export const InputMessage = Schema.Union([UserMessage, AssistantMessage, SystemMessage])
export type InputMessage = typeof InputMessage.Type

/** Those that the client runs itself; a provider's own (`web_search_…`) are refused. */
const Tool = Schema.Struct({
  type: optional(Schema.Literal("custom")),
  name: ToolDefinition.fields.name,
  description: optional(Schema.String),
  input_schema: json,
  strict: optional(Schema.Boolean),
  ...cached
})

const parallel = { disable_parallel_tool_use: optional(Schema.Boolean) }
const ToolChoice = Schema.Union([
  Schema.Struct({ type: Schema.Literal("auto"), ...parallel }),
  Schema.Struct({ type: Schema.Literal("any"), ...parallel }),
  Schema.Struct({ type: Schema.Literal("tool"), name: Schema.String, ...parallel }),
  Schema.Struct({ type: Schema.Literal("none") })
])

const tokens = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1_000_000 }))
const display = optional(Schema.Literals(["summarized", "omitted"]))
const Thinking = Schema.Union([
  Schema.Struct({ type: Schema.Literal("disabled") }),
  Schema.Struct({ type: Schema.Literal("adaptive"), display }),
  Schema.Struct({ type: Schema.Literal("enabled"), budget_tokens: tokens, display })
])

const OutputConfig = Schema.Struct({
  effort: optional(Schema.Literals(["low", "medium", "high", "xhigh"])),
  format: optional(Schema.Struct({ type: Schema.Literal("json_schema"), schema: json }))
})

const fraction = optional(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 })))

const fields = {
  model: Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(256)),
  messages: Schema.Array(InputMessage).check(Schema.isMinLength(1), Schema.isMaxLength(maxMessages)),
  system: optional(Schema.Union([text, Schema.Array(TextBlock).check(Schema.isMaxLength(maxParts))])),
  stream: optional(Schema.Boolean),
  /** As if the last block had it. */
  ...cached,
  stop_sequences: optional(Schema.Array(Schema.String).check(Schema.isMaxLength(8))),
  temperature: fraction,
  top_p: fraction,
  tools: optional(Schema.Array(Tool).check(Schema.isMaxLength(maxTools))),
  tool_choice: optional(ToolChoice),
  thinking: optional(Thinking),
  output_config: optional(OutputConfig),
  metadata: optional(Schema.Struct({ user_id: optional(Schema.String.check(Schema.isMaxLength(512))) })),
  top_k: refused("Not every provider has it, so none is asked for it; use `top_p`."),
  container: refused("Parley runs no code; leave it out."),
  mcp_servers: optional(
    Schema.Array(Schema.Unknown).check(
      Schema.isMaxLength(0, { message: "Parley calls no MCP servers; offer their tools as `tools`." })
    )
  ),
  context_management: refused("Parley does not edit what it is sent; leave it out."),
  inference_geo: refused("Parley cannot promise where a provider computes; leave it out.")
}

export const MessagesRequest = Schema.Struct({ ...fields, max_tokens: tokens })
export type MessagesRequest = typeof MessagesRequest.Type

export const CountTokensRequest = Schema.Struct(fields)
