/** `/v1`: what OpenAI's own clients speak. */
import { Authenticator } from "@parley/domain/Administration"
import { Caller } from "@parley/domain/Caller"
import { Completions } from "@parley/domain/Completions"
import { ModelNotFound, type ParleyError } from "@parley/domain/Errors"
import { ratesAt } from "@parley/domain/ModelPrice"
import type { DollarPrice, DollarRates } from "@parley/domain/ModelPrice"
import type { ModelInfo } from "@parley/domain/ModelProvider"
import { Clock, Effect } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { AllowedOrigins } from "../auth/AllowedOrigins.ts"
import { authenticateApi } from "../auth/authenticateApi.ts"
import { CurrentRequestId } from "../auth/CurrentRequest.ts"
import { answerChat } from "./answerChat.ts"
import { answerEmbeddings } from "./answerEmbeddings.ts"
import { openaiError } from "./openaiError.ts"

/** All of them, or the one whose id follows, which may have slashes of its own. */
const models = Effect.gen(function* () {
  const completions = yield* Completions
  return yield* authenticated(
    Effect.gen(function* () {
      const { url } = yield* HttpServerRequest.HttpServerRequest
      const all = yield* completions.models
      const nowMs = yield* Clock.currentTimeMillis
      const id = decodeId(url.slice(modelsPath.length).replace(/\?.*$/s, ""))
      if (id === "") return HttpServerResponse.jsonUnsafe({ object: "list", data: all.map((model) => openaiModel(model, nowMs)) })
      const found = all.find((model) => model.id === id || model.model === id)
      return found === undefined
        ? yield* new ModelNotFound({
            message: `There is no model \`${id.slice(0, 256)}\`; GET /v1/models lists what there is.`,
            model: id
          })
        : HttpServerResponse.jsonUnsafe(openaiModel(found, nowMs))
    })
  )
})

/** An id that is no URI component is nobody's. */
const decodeId = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const modelsPath = "/v1/models/"

const openaiModel = (
  { contextTokens, createdAtSeconds, id, kind, maxOutputTokens, price, provider }: ModelInfo,
  nowMs: number
) => ({
  id,
  object: "model",
  created: createdAtSeconds,
  owned_by: provider,
  kind,
  ...(contextTokens === undefined ? {} : { context_window: contextTokens }),
  ...(maxOutputTokens === undefined ? {} : { max_output_tokens: maxOutputTokens }),
  ...(price === undefined ? {} : { pricing: pricing(price, nowMs) })
})

const pricing = (price: DollarPrice, nowMs: number) => {
  const { later, longPrompt } = price
  return {
    ...openaiRates(ratesAt(price, nowMs)),
    ...(longPrompt === undefined
      ? {}
      : { long_prompt: { above_input_tokens: longPrompt.aboveInputTokens, ...openaiRates(longPrompt) } }),
    ...(later === undefined || nowMs >= later.fromMs
      ? {}
      : { later: { from: new Date(later.fromMs).toISOString().slice(0, 10), ...openaiRates(later) } })
  }
}

const openaiRates = ({ cachedInput, cacheWrite, input, output, reasoning }: DollarRates) => ({
  input,
  ...(cachedInput === undefined ? {} : { cached_input: cachedInput }),
  ...(cacheWrite === undefined ? {} : { cache_write: cacheWrite }),
  output,
  ...(reasoning === undefined ? {} : { reasoning })
})

/** A route for whoever has a key, or a session: the app asks here which models there are. It changes nothing. */
const authenticated = <E extends ParleyError, R>(route: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R | Caller>) =>
  Effect.map(Authenticator, (authenticator) =>
    Effect.gen(function* () {
      const requestId = yield* CurrentRequestId
      const request = yield* HttpServerRequest.HttpServerRequest
      const caller = yield* authenticateApi(authenticator, request, requestId, yield* AllowedOrigins)
      return yield* Effect.provideService(route, Caller, caller)
    }).pipe(Effect.catch((error: ParleyError) => Effect.succeed(openaiError(error))))
  )

export const layerOpenaiDoor = HttpRouter.use((router) =>
  Effect.gen(function* () {
    yield* router.add("POST", "/v1/chat/completions", yield* answerChat)
    yield* router.add("POST", "/v1/embeddings", yield* answerEmbeddings)
    // A wildcard stands for the path without it too.
    yield* router.add("GET", "/v1/models/*", yield* models)
  })
)
