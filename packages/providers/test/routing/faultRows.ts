/** What goes wrong at a provider, and what comes of it: the rows of the table in docs/routing.md, for the tests that try them. */
import { Effect } from "effect"
import { errorTraits } from "@parley/domain/ErrorTraits"
import type { ErrorTraits } from "@parley/domain/ErrorTraits"
import type { ProviderLimits } from "../../src/ProviderLimits.ts"
import { deadAddress } from "../support/wires.ts"
import { answer, hang, httpError, raw } from "../wire/WireServer.ts"
import type { WireScript } from "../wire/WireServer.ts"

export interface FaultRow {
  readonly fault: string
  readonly script?: WireScript
  /** Where the target is, when not at the wire server. */
  readonly address?: (baseUrl: string) => Effect.Effect<string>
  readonly limits?: Partial<ProviderLimits>
  readonly circuit: "counts" | "no"
  readonly retried: "yes" | "no" | "goes on"
  readonly failsOver: "yes" | "no" | "goes on"
  /** Without another target: the error's code and status, or that there is an answer. */
  readonly client: string
}

export const seenOf = ({ code, status }: ErrorTraits): string => `\`${code}\`, ${status}`
const seen = (tag: keyof typeof errorTraits): string => seenOf(errorTraits[tag])

const rejected = seen("ProviderRejected")
const failed = seen("ProviderFailed")
const truncated = seen("ProviderTruncated")
const unreachable = seen("ProviderUnreachable")
const timedOut = seen("ProviderTimeout")
const words = "One two three four five"

const counts = (fault: string, client: string, more: Omit<Partial<FaultRow>, "fault" | "client">): FaultRow => ({
  fault,
  circuit: "counts",
  retried: "yes",
  failsOver: "yes",
  client,
  ...more
})
const goesOn = (fault: string, client: string, more: Omit<Partial<FaultRow>, "fault" | "client">): FaultRow =>
  counts(fault, client, { retried: "goes on", failsOver: "goes on", ...more })

const chunk = (delta: string): string =>
  `data: {"id":"x","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"${delta}"},"finish_reason":null}]}\n\n`

const says = (status: number, error: { readonly [key: string]: unknown }) =>
  httpError(status, { error: { param: null, ...error } })

/** What vendors say with a 400, each in its own words. */
const refusals: ReadonlyArray<FaultRow> = [
  {
    fault: "400 that says that there is no such model (Mistral, OpenRouter, DeepSeek, …)",
    script: says(400, {
      code: "model_not_found",
      type: "invalid_request_error",
      message: "The requested model 'm' does not exist."
    }),
    circuit: "no",
    retried: "no",
    failsOver: "yes",
    client: seen("ProviderModelNotFound")
  },
  {
    fault: "400 that says that the prompt is longer than the window: not for targets whose window is no larger",
    script: says(400, { code: "context_length_exceeded", message: "This model's maximum context length is 8192 tokens." }),
    circuit: "no",
    retried: "no",
    failsOver: "yes",
    client: seen("ContextTooLong")
  },
  counts("400 that says that the key is wrong (xAI, Gemini)", seen("ProviderUnauthorized"), {
    script: httpError(400, { code: "Client specified an invalid argument", error: "Incorrect API key provided: xa***." }),
    retried: "no"
  })
]

export const faultRows: ReadonlyArray<FaultRow> = [
  {
    fault: "400, 413, 422: the request is wrong",
    script: httpError(400),
    circuit: "no",
    retried: "no",
    failsOver: "no",
    client: rejected
  },
  counts("401, 402, 403: the credential is refused", seen("ProviderUnauthorized"), { script: httpError(401), retried: "no" }),
  {
    fault: "404: the model is not at this target",
    script: httpError(404),
    circuit: "no",
    retried: "no",
    failsOver: "yes",
    client: seen("ProviderModelNotFound")
  },
  ...refusals,
  { fault: "429", script: httpError(429), circuit: "no", retried: "yes", failsOver: "yes", client: seen("ProviderRateLimited") },
  counts("408", timedOut, { script: httpError(408) }),
  counts("500, 502, 503, 529", failed, { script: httpError(503) }),
  counts("a redirect, an HTML page, another status without the API's words", failed, {
    script: httpError(404, "<html>Not here</html>")
  }),
  counts("200 and something that is not of the API", failed, { script: httpError(200, { hello: "world" }) }),
  counts("connection refused", unreachable, { address: () => deadAddress }),
  counts("DNS failure", unreachable, { address: () => Effect.succeed("http://nowhere.invalid/v1") }),
  counts("TLS failure", unreachable, { address: (url) => Effect.succeed(url.replace("http:", "https:")) }),
  counts("slow headers: none within `headersTimeoutMs`", timedOut, { script: hang, limits: { headersTimeoutMs: 60 } }),
  counts("no token within `firstTokenTimeoutMs`", timedOut, {
    script: answer(words, { holdAfter: 0 }),
    limits: { firstTokenTimeoutMs: 60 }
  }),
  counts("broken off before the first word", truncated, { script: answer(words, { cutAfter: 0 }) }),
  counts("an error event before the first word", failed, { script: answer(words, { errorAfter: 0 }) }),
  goesOn("cut after some words", truncated, { script: answer(words, { cutAfter: 2 }) }),
  goesOn("ended after some words, without the terminal", truncated, { script: answer(words, { endAfter: 2 }) }),
  goesOn("an error event after some words", failed, { script: answer(words, { errorAfter: 2 }) }),
  goesOn("stalled body: nothing within `chunkTimeoutMs`", timedOut, {
    script: answer(words, { holdAfter: 2 }),
    limits: { chunkTimeoutMs: 60 }
  }),
  goesOn("invalid JSON in a chunk", failed, { script: raw([chunk("One two "), 'data: {"id\n\n', chunk("three")]) }),
  goesOn("endless stream: longer than `maxStreamedLength`", failed, {
    script: answer(["One two ", "x".repeat(300), "more"], { holdAfter: 2 }),
    limits: { maxStreamedLength: 200 }
  }),
  counts("10 MB of one line: longer than `maxStreamLineBytes`", failed, { script: raw([`data: ${"x".repeat(10_000_000)}`]) }),
  {
    fault: "wrong usage numbers",
    script: answer(words, { usage: { inputTokens: -7, outputTokens: Number.NaN } }),
    circuit: "no",
    retried: "no",
    failsOver: "no",
    client: "the answer; its usage is estimated"
  }
]
