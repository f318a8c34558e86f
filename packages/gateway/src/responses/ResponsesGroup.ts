/** `/v1/responses` as the API's description tells it. Only for people and generators: the route itself is hand-made (`ResponsesDoor.ts`). */
import { Authentication } from "@parley/domain/api/Authentication"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { CostFields, OpenaiError } from "../openai/OpenaiGroup.ts"
import { ResponsesRequest } from "./ResponsesRequest.ts"

const errors = [400, 401, 403, 404, 413, 429, 500, 502, 503, 504].map((status) => OpenaiError.pipe(HttpApiSchema.status(status)))

const Nothing = Schema.Array(Schema.Never)
const ItemStatus = Schema.Literals(["in_progress", "completed", "incomplete"])

const OutputItem = Schema.Union([
  Schema.Struct({
    id: Schema.String,
    type: Schema.Literal("message"),
    status: ItemStatus,
    role: Schema.Literal("assistant"),
    content: Schema.Array(
      Schema.Struct({
        type: Schema.Literal("output_text"),
        text: Schema.String,
        annotations: Nothing,
        logprobs: Nothing
      })
    )
  }),
  Schema.Struct({
    id: Schema.String,
    type: Schema.Literal("reasoning"),
    status: ItemStatus,
    summary: Schema.Array(Schema.Struct({ type: Schema.Literal("summary_text"), text: Schema.String })),
    /** To be sent back as it is. */
    encrypted_content: Schema.optionalKey(Schema.String)
  }),
  Schema.Struct({
    id: Schema.String,
    type: Schema.Literal("function_call"),
    status: ItemStatus,
    call_id: Schema.String,
    name: Schema.String,
    arguments: Schema.String
  })
])

const asked = ResponsesRequest.fields

export const ResponseObject = Schema.Struct({
  id: Schema.String,
  object: Schema.Literal("response"),
  /** Unix seconds. */
  created_at: Schema.Int,
  model: Schema.String,
  status: Schema.Literals(["in_progress", "completed", "incomplete", "failed"]),
  error: Schema.NullOr(Schema.Struct({ code: Schema.String, message: Schema.String })),
  incomplete_details: Schema.NullOr(Schema.Struct({ reason: Schema.Literals(["max_output_tokens", "content_filter"]) })),
  output: Schema.Array(OutputItem),
  usage: Schema.NullOr(
    Schema.Struct({
      input_tokens: Schema.Int,
      input_tokens_details: Schema.Struct({ cached_tokens: Schema.Int, cache_write_tokens: Schema.Int }),
      output_tokens: Schema.Int,
      output_tokens_details: Schema.Struct({ reasoning_tokens: Schema.Int }),
      total_tokens: Schema.Int,
      ...CostFields
    })
  ),
  background: Schema.Literal(false),
  previous_response_id: Schema.Null,
  store: Schema.Literal(false),
  truncation: Schema.Literal("disabled"),
  instructions: asked.instructions,
  max_output_tokens: asked.max_output_tokens,
  metadata: asked.metadata,
  parallel_tool_calls: Schema.Boolean,
  reasoning: asked.reasoning,
  temperature: asked.temperature,
  text: asked.text,
  tool_choice: asked.tool_choice,
  tools: asked.tools,
  top_p: asked.top_p,
  user: asked.user
})

export class ResponsesGroup extends HttpApiGroup.make("responses")
  .add(
    HttpApiEndpoint.post("responses", "/v1/responses", {
      payload: ResponsesRequest,
      success: ResponseObject,
      error: errors
    }).annotate(
      OpenApi.Description,
      "A response in OpenAI's own shape; nothing of it is stored. With `stream: true` the answer is `text/event-stream`, from `response.created` to `response.completed` or `response.incomplete`; a stream that breaks off ends with `response.failed` and an `error` event. An input item without a `type` is a message. Fields that are not described are ignored."
    )
  )
  .middleware(Authentication) {}
