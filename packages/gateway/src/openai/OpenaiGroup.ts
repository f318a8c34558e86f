/**
 * `/v1` as the API's description tells it. Only for people and generators: the routes themselves are hand-made (`OpenaiDoor.ts`), so that what streams
 * costs no more than it must.
 */
import { Authentication } from "@parley/domain/api/Authentication"
import { ModelInfo } from "@parley/domain/ModelProvider"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { ChatRequest } from "./ChatRequest.ts"
import { finishReasons } from "./chatCompletion.ts"
import { EmbeddingsRequest } from "./EmbeddingsRequest.ts"

/** Not OpenAI's or Anthropic's: of calls that broke off and are paid for, where a provider answers in vain; as the door tells the usage of answers. */
export const UsageInVain = Schema.optionalKey(
  Schema.Record(Schema.String, Schema.Json).annotate({
    description: "What was used in vain, by calls that broke off; shaped like an answer's usage"
  })
)

export const OpenaiError = Schema.Struct({
  error: Schema.Struct({
    message: Schema.String,
    type: Schema.String,
    param: Schema.NullOr(Schema.String),
    code: Schema.String,
    usage: UsageInVain
  })
})

const errors = [400, 401, 403, 404, 413, 429, 500, 502, 503, 504].map((status) => OpenaiError.pipe(HttpApiSchema.status(status)))

/** Beside OpenAI's own. */
export const CostFields = {
  /** US dollars; absent where the model's price is not known. */
  cost: Schema.optionalKey(Schema.Finite),
  /** The provider did not say what it used, so Parley counted. */
  is_estimated: Schema.optionalKey(Schema.Literal(true))
}

export const ChatCompletion = Schema.Struct({
  id: Schema.String,
  object: Schema.Literal("chat.completion"),
  /** Unix seconds. */
  created: Schema.Int,
  model: Schema.String,
  choices: Schema.Array(
    Schema.Struct({
      index: Schema.Int,
      message: Schema.Struct({
        role: Schema.Literal("assistant"),
        content: Schema.NullOr(Schema.String),
        refusal: Schema.Null,
        reasoning_content: Schema.optionalKey(Schema.String),
        tool_calls: Schema.optionalKey(
          Schema.Array(
            Schema.Struct({
              id: Schema.String,
              type: Schema.Literal("function"),
              function: Schema.Struct({ name: Schema.String, arguments: Schema.String })
            })
          )
        )
      }),
      logprobs: Schema.Null,
      finish_reason: Schema.Literals([...new Set(Object.values(finishReasons))])
    })
  ),
  usage: Schema.Struct({
    prompt_tokens: Schema.Int,
    completion_tokens: Schema.Int,
    total_tokens: Schema.Int,
    prompt_tokens_details: Schema.Struct({ cached_tokens: Schema.Int }),
    completion_tokens_details: Schema.Struct({ reasoning_tokens: Schema.Int }),
    ...CostFields
  })
})

export const EmbeddingList = Schema.Struct({
  object: Schema.Literal("list"),
  data: Schema.Array(
    Schema.Struct({
      object: Schema.Literal("embedding"),
      index: Schema.Int,
      /** Numbers, or with `encoding_format: "base64"` their 32-bit floats, little-endian. */
      embedding: Schema.Union([Schema.Array(Schema.Finite), Schema.String])
    })
  ),
  model: Schema.String,
  usage: Schema.Struct({ prompt_tokens: Schema.Int, total_tokens: Schema.Int, ...CostFields })
})

/** US dollars for a million tokens. */
const rates = {
  input: Schema.Finite,
  cached_input: Schema.optionalKey(Schema.Finite),
  cache_write: Schema.optionalKey(Schema.Finite),
  output: Schema.Finite,
  reasoning: Schema.optionalKey(Schema.Finite)
}

export const OpenaiModel = Schema.Struct({
  id: Schema.String,
  object: Schema.Literal("model"),
  /** Unix seconds; 0 when its provider does not say. */
  created: Schema.Int,
  owned_by: Schema.String,
  /** Beside OpenAI's own, like what follows. */
  kind: ModelInfo.fields.kind,
  /** Prompt and answer together; absent where it is not known. */
  context_window: Schema.optionalKey(Schema.Int),
  max_output_tokens: Schema.optionalKey(Schema.Int),
  /** Absent where the price is not known, and for routes, whose answers cost what their targets do. */
  pricing: Schema.optionalKey(
    Schema.Struct({
      ...rates,
      /** What a whole request costs whose prompt is longer. */
      long_prompt: Schema.optionalKey(Schema.Struct({ above_input_tokens: Schema.Int, ...rates })),
      /** What it costs from a day on (year, month, day, UTC) that its vendor has named. */
      later: Schema.optionalKey(Schema.Struct({ from: Schema.String, ...rates }))
    })
  )
})

export class OpenaiGroup extends HttpApiGroup.make("openai")
  .add(
    HttpApiEndpoint.post("chatCompletions", "/v1/chat/completions", {
      payload: ChatRequest,
      success: ChatCompletion,
      error: errors
    }).annotate(
      OpenApi.Description,
      "A chat completion in OpenAI's own shape. With `stream: true` the answer is `text/event-stream`: one `chat.completion.chunk` an event, then `[DONE]`; a stream that breaks off ends with an event that holds `error`, and without `[DONE]`. Fields that are not described are ignored."
    ),
    HttpApiEndpoint.post("embeddings", "/v1/embeddings", {
      payload: EmbeddingsRequest,
      success: EmbeddingList,
      error: errors
    }).annotate(
      OpenApi.Description,
      "Texts as vectors, by any provider that speaks OpenAI's API, or by a route; one for each input, in the same order."
    ),
    HttpApiEndpoint.get("models", "/v1/models", {
      success: Schema.Struct({ object: Schema.Literal("list"), data: Schema.Array(OpenaiModel) }),
      error: errors
    }),
    HttpApiEndpoint.get("model", "/v1/models/:id", {
      params: { id: Schema.String },
      success: OpenaiModel,
      error: errors
    }).annotate(OpenApi.Description, "By `provider/model` or by the provider's own name; slashes need not be encoded.")
  )
  .middleware(Authentication) {}
