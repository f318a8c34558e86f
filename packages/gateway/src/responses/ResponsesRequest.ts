/**
 * `POST /v1/responses` as OpenAI's clients send it. Nothing is stored, so whatever would need that is refused, as is what would change the answer
 * and cannot be honoured; fields that Parley does not know are ignored.
 */
import { ImageUrlInput, maxParts, maxTextLength } from "@parley/domain/Content"
import { maxMessages, maxTools, ReasoningEffort, ToolDefinition } from "@parley/domain/ModelRequest"
import { Schema } from "effect"

/** Clients write `null` for what they leave out. */
const optional = <S extends Schema.Constraint>(schema: S) => Schema.optionalKey(Schema.NullOr(schema))
const refused = (message: string) => Schema.optionalKey(Schema.Null.annotate({ message }))
const never = (message: string) => Schema.optionalKey(Schema.NullOr(Schema.Literal(false)).annotate({ message }))

const text = Schema.String.check(Schema.isMaxLength(maxTextLength))
const InputText = Schema.Struct({ type: Schema.Literal("input_text"), text })
const InputImage = Schema.Struct({
  type: Schema.Literal("input_image"),
  image_url: ImageUrlInput,
  detail: optional(Schema.Literals(["auto", "low", "high"]))
})
const OutputText = Schema.Struct({ type: Schema.Literal("output_text"), text })
const Refusal = Schema.Struct({ type: Schema.Literal("refusal"), refusal: text })
const parts = <S extends Schema.Constraint>(part: S) =>
  Schema.Union([text, Schema.Array(part).check(Schema.isMinLength(1), Schema.isMaxLength(maxParts))])

// Literals of one value each: by them a union finds the one member whose faults are told.
const message = { type: Schema.Literal("message") }
const SystemMessage = Schema.Struct({ ...message, role: Schema.Literal("system"), content: parts(InputText) })
const DeveloperMessage = Schema.Struct({ ...message, role: Schema.Literal("developer"), content: parts(InputText) })
const UserMessage = Schema.Struct({
  ...message,
  role: Schema.Literal("user"),
  content: parts(Schema.Union([InputText, InputImage]))
})
const AssistantMessage = Schema.Struct({
  ...message,
  role: Schema.Literal("assistant"),
  content: parts(Schema.Union([OutputText, InputText, Refusal]))
})
const FunctionCall = Schema.Struct({
  type: Schema.Literal("function_call"),
  call_id: Schema.String,
  name: Schema.String,
  arguments: Schema.String
})
/** Of text only: a tool's result cannot carry images to every provider. */
const FunctionCallOutput = Schema.Struct({
  type: Schema.Literal("function_call_output"),
  call_id: Schema.String,
  output: Schema.Union([text, Schema.Array(InputText).check(Schema.isMaxLength(maxParts))])
})
const Reasoning = Schema.Struct({
  type: Schema.Literal("reasoning"),
  summary: Schema.Array(Schema.Struct({ type: Schema.Literal("summary_text"), text })).check(Schema.isMaxLength(maxParts)),
  content: optional(
    Schema.Array(Schema.Struct({ type: Schema.Literal("reasoning_text"), text })).check(Schema.isMaxLength(maxParts))
  ),
  encrypted_content: optional(Schema.String)
})
export const InputItem = Schema.Union([
  UserMessage,
  AssistantMessage,
  SystemMessage,
  DeveloperMessage,
  FunctionCall,
  FunctionCallOutput,
  Reasoning
])
export type InputItem = typeof InputItem.Type

const json = Schema.Record(Schema.String, Schema.Json)

const Tool = Schema.Struct({
  type: Schema.Literal("function"),
  name: ToolDefinition.fields.name,
  description: optional(Schema.String),
  parameters: optional(json),
  strict: optional(Schema.Boolean)
})

const ToolChoice = Schema.Union([
  Schema.Literals(["auto", "none", "required"]),
  Schema.Struct({ type: Schema.Literal("function"), name: Schema.String })
])

const TextFormat = Schema.Union([
  Schema.Struct({ type: Schema.Literal("text") }),
  Schema.Struct({ type: Schema.Literal("json_object") }),
  Schema.Struct({ type: Schema.Literal("json_schema"), name: Schema.String, schema: json, strict: optional(Schema.Boolean) })
])

const number = (minimum: number, maximum: number) => optional(Schema.Finite.check(Schema.isBetween({ minimum, maximum })))
const shortText = Schema.String.check(Schema.isMaxLength(512))

export const ResponsesRequest = Schema.Struct({
  model: Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(256)),
  input: Schema.Union([text, Schema.Array(InputItem).check(Schema.isMinLength(1), Schema.isMaxLength(maxMessages))]),
  instructions: optional(text),
  stream: optional(Schema.Boolean),
  temperature: number(0, 2),
  top_p: number(0, 1),
  max_output_tokens: optional(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1_000_000 }))),
  reasoning: optional(
    Schema.Struct({
      effort: optional(ReasoningEffort),
      /** Whatever a provider shows is told as the summary. */
      summary: optional(Schema.Literals(["auto", "concise", "detailed"]))
    })
  ),
  text: optional(
    Schema.Struct({
      format: optional(TextFormat),
      verbosity: Schema.optionalKey(
        Schema.NullOr(Schema.Literal("medium")).annotate({
          message: "Not every provider has it, so none is asked for it; say it in `instructions`."
        })
      )
    })
  ),
  tools: optional(Schema.Array(Tool).check(Schema.isMaxLength(maxTools))),
  tool_choice: optional(ToolChoice),
  parallel_tool_calls: optional(Schema.Boolean),
  metadata: optional(Schema.Record(Schema.String, shortText)),
  user: optional(shortText),
  safety_identifier: optional(shortText),
  /** Reasoning always comes with what its provider wants back. */
  include: optional(Schema.Array(Schema.Literal("reasoning.encrypted_content"))),
  truncation: optional(Schema.Literal("disabled")),
  top_logprobs: optional(Schema.Literal(0)),
  store: never("Parley stores no responses; leave it out, or send false."),
  background: never("Parley stores no responses, so none can be fetched later; leave it out."),
  previous_response_id: refused("Parley stores no responses; send the whole conversation as `input`."),
  conversation: refused("Parley stores no conversations behind this door; send the whole conversation as `input`."),
  prompt: refused("Parley stores no prompts; send it as `instructions`."),
  context_management: refused("Parley does not edit what it is sent; leave it out."),
  moderation: refused("Parley does not moderate; leave it out.")
})
export type ResponsesRequest = typeof ResponsesRequest.Type
