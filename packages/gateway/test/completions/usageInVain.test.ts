/** What broken calls used is told with the error on every door that answers with usage, and the official clients hand it on. */
import Anthropic, { APIError as AnthropicApiError } from "@anthropic-ai/sdk"
import { ProviderFailed } from "@parley/domain/ProviderError"
import { Effect } from "effect"
import OpenAI, { APIError } from "openai"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { engines } from "../server/support/engines.ts"
import { doorKeys } from "../support/doorKeys.ts"
import { saying, usage } from "../support/ScriptedCompletions.ts"
import { startDoors, type Doors } from "../support/startDoors.ts"

const model = "demo/echo-1"
const messages = [{ role: "user" as const, content: "Hello" }]
const inVain = { ...usage, costNanoDollars: 12_000_000, isEstimated: true as const }
const broken = new ProviderFailed({ provider: "demo", model: "echo-1", message: "The provider failed.", usage: inVain })

const chatUsage = { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18, cost: 0.012, is_estimated: true }
const responsesUsage = { input_tokens: 11, output_tokens: 7, total_tokens: 18, cost: 0.012, is_estimated: true }
/** Without what came from the cache. */
const messagesUsage = { input_tokens: 8, cache_read_input_tokens: 3, output_tokens: 7, cost: 0.012, is_estimated: true }

describe.each(engines)("an answer that nobody gave, on %s", (engine) => {
  let doors: Doors
  let openai: OpenAI
  let anthropic: Anthropic
  beforeAll(async () => {
    doors = await startDoors(engine)
    openai = new OpenAI({ baseURL: `${doors.url}/v1`, apiKey: doorKeys.member, maxRetries: 0 })
    anthropic = new Anthropic({ baseURL: doors.url, apiKey: doorKeys.member, maxRetries: 0 })
  })
  afterAll(() => doors.close())
  beforeEach(() => {
    doors.completions.reset()
    doors.completions.script = () => Effect.fail(broken)
  })

  const failure = (call: Promise<unknown>) =>
    call.then(
      () => expect.unreachable(),
      (error: unknown) => error
    )
  const errorOf = async (call: Promise<unknown>) => {
    const error = await failure(call)
    if (error instanceof APIError || error instanceof AnthropicApiError) return error.error
    return expect.unreachable()
  }

  it.each([true, false])("tells on /v1/chat/completions what it used (streaming: %s)", async (stream) => {
    expect(await errorOf(openai.chat.completions.create({ model, messages, stream }))).toMatchObject({
      code: "provider_failed",
      usage: chatUsage
    })
  })

  it.each([true, false])("tells on /v1/responses what it used (streaming: %s)", async (stream) => {
    expect(await errorOf(openai.responses.create({ model, input: "Hello", stream }))).toMatchObject({ usage: responsesUsage })
  })

  it.each([true, false])("tells on /v1/messages what it used (streaming: %s)", async (stream) => {
    expect(await errorOf(anthropic.messages.create({ model, max_tokens: 100, messages, stream }))).toMatchObject({
      error: { type: "api_error", details: { error_code: "provider_failed", usage: messagesUsage } }
    })
  })

  it("tells it in the event that ends a stream which had begun", async () => {
    doors.completions.script = (request, sink, control) =>
      Effect.andThen(saying([{ type: "text-delta", text: "Hel" }])(request, sink, control), Effect.fail(broken))
    const told = async (path: string, body: object) => (await doors.ask("POST", path, { ...body, model, stream: true })).text
    const chat = /data: (\{"error".*)\n\n$/.exec(await told("/v1/chat/completions", { messages }))?.[1]
    expect(JSON.parse(chat ?? "")).toMatchObject({ error: { usage: chatUsage } })
    const failed = /event: response.failed\ndata: (.*)\n/.exec(await told("/v1/responses", { input: "Hello" }))?.[1]
    expect(JSON.parse(failed ?? "")).toMatchObject({ response: { status: "failed", usage: responsesUsage } })
    const error = /event: error\ndata: (.*)\n/.exec(await told("/v1/messages", { messages, max_tokens: 100 }))?.[1]
    expect(JSON.parse(error ?? "")).toMatchObject({ error: { details: { usage: messagesUsage } } })
  })

  it("says nothing of usage where nothing was used", async () => {
    const { message, model: asked, provider } = broken
    doors.completions.script = () => Effect.fail(new ProviderFailed({ provider, model: asked, message }))
    expect(await errorOf(openai.chat.completions.create({ model, messages }))).not.toHaveProperty("usage")
    expect((await doors.ask("POST", "/v1/messages", { model, messages, max_tokens: 9 })).text).not.toContain("usage")
  })
})
