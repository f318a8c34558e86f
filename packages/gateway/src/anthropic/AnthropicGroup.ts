/** `/v1/messages` as the API's description tells it. Only for people and generators: the route itself is hand-made (`AnthropicDoor.ts`). */
import { Authentication } from "@parley/domain/api/Authentication"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { CostFields, UsageInVain } from "../openai/OpenaiGroup.ts"
import { CountTokensRequest, MessagesRequest } from "./MessagesRequest.ts"

const AnthropicError = Schema.Struct({
  type: Schema.Literal("error"),
  error: Schema.Struct({
    type: Schema.String,
    message: Schema.String,
    details: Schema.Struct({ error_code: Schema.String, usage: UsageInVain })
  }),
  request_id: Schema.String
})

const errors = [400, 401, 403, 404, 413, 429, 500, 504, 529].map((status) => AnthropicError.pipe(HttpApiSchema.status(status)))

export const Message = Schema.Struct({
  id: Schema.String,
  type: Schema.Literal("message"),
  role: Schema.Literal("assistant"),
  model: Schema.String,
  content: Schema.Array(
    Schema.Union([
      Schema.Struct({ type: Schema.Literal("text"), text: Schema.String, citations: Schema.Null }),
      Schema.Struct({ type: Schema.Literal("thinking"), thinking: Schema.String, signature: Schema.String }),
      Schema.Struct({ type: Schema.Literal("redacted_thinking"), data: Schema.String }),
      Schema.Struct({
        type: Schema.Literal("tool_use"),
        id: Schema.String,
        name: Schema.String,
        input: Schema.Record(Schema.String, Schema.Json),
        caller: Schema.Struct({ type: Schema.Literal("direct") })
      })
    ])
  ),
  stop_reason: Schema.Literals(["end_turn", "max_tokens", "stop_sequence", "tool_use", "refusal"]),
  stop_sequence: Schema.NullOr(Schema.String),
  stop_details: Schema.Null,
  container: Schema.Null,
  diagnostics: Schema.Null,
  usage: Schema.Struct({
    input_tokens: Schema.Int,
    cache_creation_input_tokens: Schema.Int,
    cache_read_input_tokens: Schema.Int,
    output_tokens: Schema.Int,
    output_tokens_details: Schema.Struct({ thinking_tokens: Schema.Int }),
    server_tool_use: Schema.Null,
    ...CostFields
  })
})

export class AnthropicGroup extends HttpApiGroup.make("anthropic")
  .add(
    HttpApiEndpoint.post("messages", "/v1/messages", {
      payload: MessagesRequest,
      success: Message,
      error: errors
    }).annotate(
      OpenApi.Description,
      "An answer of any provider's in Anthropic's own shape; the key may come in `x-api-key`. With `stream: true` the answer is `text/event-stream`: `message_start`, the blocks, `message_delta`, `message_stop`; a stream that breaks off ends with an `error` event, and without `message_stop`. Fields that are not described are ignored."
    )
  )
  .add(
    HttpApiEndpoint.post("countTokens", "/v1/messages/count_tokens", {
      payload: CountTokensRequest,
      success: Schema.Struct({
        input_tokens: Schema.Int,
        /** Not Anthropic's: only the provider could count for this model, so it is an estimate. */
        is_estimated: Schema.optionalKey(Schema.Literal(true))
      }),
      error: errors
    }).annotate(
      OpenApi.Description,
      "How many tokens a prompt has, without asking its provider: counted for models of OpenAI's encodings, estimated for the others."
    )
  )
  .middleware(Authentication) {}
