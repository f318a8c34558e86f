/**
 * Tokens as a provider itself counts them, which some do for nothing: of answers that broke off before their provider told what they used.
 * It is asked beside the circuit, with connections and bounds of its own; what it does not tell in time is undefined, and the caller estimates.
 */
import { Clock, Effect, Semaphore } from "effect"
import type { Scope } from "effect"
import type { ModelRequest } from "@parley/domain/ModelRequest"
import { parseObject } from "../call/foreign.ts"
import type { ForeignObject } from "../call/foreign.ts"
import { makeProviderHttp } from "../call/ProviderHttp.ts"
import type { HttpCall } from "../call/ProviderHttp.ts"
import type { ProviderLimits } from "../ProviderLimits.ts"

export interface TokenCounter {
  /** Of a prompt, as the provider would be given it. */
  readonly prompt: (request: ModelRequest) => Effect.Effect<number | undefined>
  /** Of what a model has said. */
  readonly answer: (model: string, texts: ReadonlyArray<string>) => Effect.Effect<number | undefined>
}

/** How one provider is asked. */
export interface CountWire {
  /** Ends without a slash. */
  readonly baseUrl: string
  readonly call: (request: ModelRequest) => Effect.Effect<HttpCall>
  /** The tokens of the prompt; 0 where the body does not say. */
  readonly decode: (body: ForeignObject) => number
}

/** Models whose frame, or whose refusal, is remembered. */
const maxRemembered = 1_000
/** Whatever more a provider answers to such a question is none. */
const maxReplyBytes = 64_000

export const makeTokenCounter = Effect.fnUntraced(function* (
  wire: CountWire,
  shared: ProviderLimits
): Effect.fn.Return<TokenCounter, never, Scope.Scope> {
  const { countTimeoutMs, countRefusedMs, countsAtOnce } = shared
  const http = yield* makeProviderHttp(wire.baseUrl, { ...shared, maxConcurrent: countsAtOnce, maxAnswerBytes: maxReplyBytes })
  const permits = Semaphore.makeUnsafe(countsAtOnce)
  /** What of a count is not the answer's words: the same for every answer of a model. */
  const frames = new Map<string, number>()
  /** Models that the provider does not count, until when it is not asked again. */
  const refused = new Map<string, number>()

  const ask = (request: ModelRequest): Effect.Effect<number | undefined> =>
    Effect.flatMap(Clock.currentTimeMillis, (nowMs) => {
      if (nowMs < (refused.get(request.model) ?? 0)) return Effect.succeed(undefined)
      return Effect.match(
        Effect.flatMap(wire.call(request), (call) => http.send(call)),
        {
          onFailure: () => undefined,
          onSuccess: ({ head: { status }, text }) => {
            if (isRefusal(status)) remember(refused, request.model, nowMs + countRefusedMs)
            const body = status < 300 ? parseObject(text) : undefined
            const tokens = body === undefined ? 0 : wire.decode(body)
            return tokens > 0 ? tokens : undefined
          }
        }
      )
    }).pipe(permits.withPermit)

  const frameOf = (model: string): Effect.Effect<number | undefined> => {
    const known = frames.get(model)
    if (known !== undefined) return Effect.succeed(known)
    return Effect.map(ask(framed(model, [oneToken])), (tokens) => {
      if (tokens !== undefined) remember(frames, model, tokens - 1)
      return tokens === undefined ? undefined : tokens - 1
    })
  }

  const inTime = (count: Effect.Effect<number | undefined>): Effect.Effect<number | undefined> =>
    countTimeoutMs === 0
      ? Effect.succeed(undefined)
      : Effect.timeoutOrElse(count, { duration: countTimeoutMs, orElse: () => Effect.succeed(undefined) })

  return {
    prompt: (request) => inTime(ask(request)),
    answer: (model, texts) => {
      // No provider takes a text of white space alone.
      const told = texts.filter((text) => text.trim() !== "")
      if (told.length === 0) return Effect.succeed(texts.length === 0 ? 0 : undefined)
      const counted = Effect.all([ask(framed(model, told)), frameOf(model)], { concurrency: 2 })
      return inTime(
        Effect.map(counted, ([whole, frame]) =>
          whole === undefined || frame === undefined ? undefined : Math.max(0, whole - frame)
        )
      )
    }
  }
})

/** A text of one token in every vocabulary. */
const oneToken = "."

/**
 * An answer as a message between two others, since many models take none that ends with one. Counted a second time with an answer of one token, it tells
 * what the answer's words alone are, whatever a provider adds for messages and roles; and the prompt need not be sent again.
 */
const framed = (model: string, texts: ReadonlyArray<string>): ModelRequest => {
  const user = { role: "user" as const, content: [{ type: "text" as const, text: oneToken }] }
  const said = { role: "assistant" as const, content: texts.map((text) => ({ type: "text" as const, text })) }
  return { model, messages: [user, said, user], parameters: {} }
}

/** It will say the same again: there is no such question here, not for this model, or not with this key. */
const isRefusal = (status: number): boolean => status >= 400 && status < 500 && status !== 408 && status !== 429

const remember = (known: Map<string, number>, model: string, value: number): void => {
  if (known.size >= maxRemembered) known.clear()
  known.set(model, value)
}
