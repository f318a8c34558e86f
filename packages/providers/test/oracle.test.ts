/** The official SDKs and our decoders read the same recordings from the same server, and must agree. */
import Anthropic, { APIError as AnthropicError } from "@anthropic-ai/sdk"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit } from "effect"
import OpenAI, { APIError as OpenaiError } from "openai"
import { textOf } from "@parley/domain/Content"
import type { FinishReason, ModelAnswer } from "@parley/domain/ModelEvent"
import { noUsage } from "@parley/domain/Usage"
import type { Usage } from "@parley/domain/Usage"
import { collect } from "./support/collect.ts"
import { fixture, fixturesOf } from "./support/fixtures.ts"
import { modelOf } from "./support/model.ts"
import { ask } from "./support/requests.ts"
import { wires } from "./support/wires.ts"
import type { WireUnderTest } from "./support/wires.ts"
import { answer, httpError, raw } from "./wire/WireServer.ts"
import type { WireScript } from "./wire/WireServer.ts"

interface Seen {
  readonly text: string
  /** What it showed of its thinking, joined. */
  readonly thinking: string
  readonly calls: ReadonlyArray<{ readonly id: string; readonly name: string; readonly arguments: unknown }>
  readonly finish: string
  readonly usage: Partial<Usage>
}

/** What the SDK of that wire makes of a server's next answer. */
type Sdk = (baseUrl: string, streaming: boolean) => Promise<Seen>

const finishOfOpenai: Record<string, FinishReason> = {
  stop: "stop",
  length: "length",
  tool_calls: "tool-calls",
  content_filter: "content-filter"
}

const openaiSdk: Sdk = async (baseUrl, streaming) => {
  const client = new OpenAI({ apiKey: "key", baseURL: baseUrl.endsWith("/v1") ? baseUrl : `${baseUrl}/v1`, maxRetries: 0 })
  const params = { model: "m", messages: [{ role: "user" as const, content: "Hello" }] }
  // The SDK has no name for thinking, and keeps the last piece of it: here its pieces are joined as it hands them out.
  let thinking = ""
  const completion = streaming
    ? await client.chat.completions
        .stream(params)
        .on("chunk", (chunk) => (thinking += thinkingOf(chunk.choices[0]?.delta)))
        .finalChatCompletion()
    : await client.chat.completions.create(params)
  const choice = completion.choices[0]!
  if (!streaming) thinking = thinkingOf(choice.message)
  const refusal = choice.message.refusal ?? ""
  const { usage } = completion
  return {
    text: (choice.message.content ?? "") + refusal,
    thinking,
    calls: (choice.message.tool_calls ?? []).flatMap((call) =>
      call.type === "function" ? [{ id: call.id, name: call.function.name, arguments: JSON.parse(call.function.arguments) }] : []
    ),
    finish: refusal === "" ? finishOfOpenai[choice.finish_reason]! : "refusal",
    usage: {
      inputTokens: usage?.prompt_tokens ?? 0,
      outputTokens: usage?.completion_tokens ?? 0,
      cachedInputTokens: usage?.prompt_tokens_details?.cached_tokens ?? 0,
      reasoningTokens: usage?.completion_tokens_details?.reasoning_tokens ?? 0
    }
  }
}

/** As the servers that show it call it. */
const thinkingOf = (from: unknown): string => {
  const told: unknown = Reflect.get(Object(from), "reasoning_content") ?? Reflect.get(Object(from), "reasoning")
  return typeof told === "string" ? told : ""
}

const finishOfAnthropic: Record<string, FinishReason> = {
  end_turn: "stop",
  stop_sequence: "stop",
  max_tokens: "length",
  tool_use: "tool-calls",
  refusal: "refusal"
}

const anthropicSdk: Sdk = async (baseUrl, streaming) => {
  const client = new Anthropic({ apiKey: "key", baseURL: baseUrl, maxRetries: 0 })
  const params = { model: "m", max_tokens: 100, messages: [{ role: "user" as const, content: "Hello" }] }
  const message = streaming ? await client.messages.stream(params).finalMessage() : await client.messages.create(params)
  const { usage } = message
  return {
    text: message.content.map((block) => (block.type === "text" ? block.text : "")).join(""),
    thinking: message.content.map((block) => (block.type === "thinking" ? block.thinking : "")).join(""),
    calls: message.content.flatMap((block) =>
      block.type === "tool_use" ? [{ id: block.id, name: block.name, arguments: block.input }] : []
    ),
    finish: finishOfAnthropic[message.stop_reason ?? ""]!,
    usage: {
      inputTokens: usage.input_tokens + (usage.cache_read_input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0),
      outputTokens: usage.output_tokens,
      cachedInputTokens: usage.cache_read_input_tokens ?? 0,
      cacheWriteTokens: usage.cache_creation_input_tokens ?? 0
    }
  }
}

const sdks: { readonly [wire: string]: Sdk } = { openai: openaiSdk, llama: openaiSdk, anthropic: anthropicSdk }

/** Where the SDK reads something else, why, and what is right. An entry that has become wrong fails. */
const differences: { readonly [fixture: string]: { readonly why: string; readonly ours: Seen } } = {
  "two-whole-tool-calls-both-numbered-zero": {
    why: "the SDK joins them into one call, since OpenAI itself numbers calls",
    ours: {
      text: "",
      thinking: "",
      calls: [
        { id: "call_k3x1", name: "get_weather", arguments: { city: "Oslo" } },
        { id: "call_9ab2", name: "get_time", arguments: {} }
      ],
      finish: "tool-calls",
      usage: {}
    }
  },
  "reasoning-beside-the-completion-as-xai-counts-it": {
    why: "the SDK has no sum of the reasoning that is counted beside the completion",
    ours: {
      text: "The answer is 9.",
      thinking: "Three times three.",
      calls: [],
      finish: "stop",
      usage: { inputTokens: 32, cachedInputTokens: 8, outputTokens: 103, reasoningTokens: 94 }
    }
  },
  "thoughts-beside-the-completion-as-gemini-counts-them": {
    why: "the SDK does not know of thoughts that are in the total alone",
    ours: {
      text: "The answer is 9.",
      thinking: "",
      calls: [],
      finish: "stop",
      usage: { inputTokens: 14, outputTokens: 300, reasoningTokens: 294 }
    }
  },
  "a-call-without-an-id": {
    why: "the SDK has no id for it",
    ours: {
      text: "",
      thinking: "",
      calls: [{ id: "call_chatcmpl-417_0", name: "get_time", arguments: {} }],
      finish: "tool-calls",
      usage: {}
    }
  }
}

const seenOf = (answer: ModelAnswer, expected: Seen): Seen => ({
  text: textOf(answer.content),
  thinking: answer.content.map((part) => (part.type === "reasoning" ? part.text : "")).join(""),
  calls: answer.content.flatMap((part) =>
    part.type === "tool-call" ? [{ id: part.id, name: part.name, arguments: JSON.parse(part.arguments) }] : []
  ),
  finish: answer.finishReason,
  // Where the wire told no usage Parley estimates it, and the SDK knows none.
  usage: Object.fromEntries(
    Object.entries(answer.usage.isEstimated === true ? noUsage : answer.usage).filter(([name]) =>
      Object.hasOwn(expected.usage, name)
    )
  )
})

/** Pieces of `length` bytes: characters, lines and events are cut wherever that falls. */
const pieces = (bytes: Uint8Array, length: number): ReadonlyArray<Uint8Array> =>
  Array.from({ length: Math.ceil(bytes.length / length) }, (_, n) => bytes.subarray(n * length, (n + 1) * length))

/** A recording in one write, and in as many as no server makes. */
const writes = (recording: Uint8Array) => [raw([recording]), raw(pieces(recording, 7))]

const streams = (wire: WireUnderTest) => fixturesOf(wire.id, ".sse").filter((name) => differences[name] === undefined)

describe.each(wires)("$id", (wire) => {
  const sdk = sdks[wire.id]!

  it.live.each(streams(wire).filter((name) => !name.includes("in-the-middle")))("streams as the SDK reads it: %s", (name) =>
    Effect.gen(function* () {
      const server = yield* wire.start
      const model = yield* modelOf(wire.config(server.baseUrl), `${wire.id}/m`)
      for (const script of writes(fixture(wire.id, name))) {
        server.otherwise(() => script)
        const expected = yield* Effect.promise(() => sdk(server.baseUrl, true))
        const collected = collect()
        const answer = yield* model.stream(ask("Hello"), collected.sink)
        assert.deepStrictEqual(seenOf(answer, expected), expected)
        assert.strictEqual(collected.text(), expected.text)
      }
    })
  )

  it.live.each(streams(wire).filter((name) => name.includes("in-the-middle")))("fails where the SDK fails: %s", (name) =>
    Effect.gen(function* () {
      const server = yield* wire.start
      const model = yield* modelOf(wire.config(server.baseUrl), `${wire.id}/m`)
      for (const script of writes(fixture(wire.id, name))) {
        server.otherwise(() => script)
        const theirs = yield* Effect.exit(Effect.tryPromise(() => sdk(server.baseUrl, true)))
        const collected = collect()
        const ours = yield* Effect.flip(model.stream(ask("Hello"), collected.sink))
        assert.isTrue(Exit.isFailure(theirs))
        assert.strictEqual(ours._tag, "ProviderFailed")
        assert.match(collected.text(), /^Half/)
      }
    })
  )

  it.live.each(fixturesOf(wire.id, ".json"))("reads a whole answer as the SDK does: %s", (name) =>
    Effect.gen(function* () {
      const server = yield* wire.start
      server.otherwise(() => raw([fixture(wire.id, name, ".json")], { headers: { "content-type": "application/json" } }))
      const model = yield* modelOf(wire.config(server.baseUrl), `${wire.id}/m`)
      const expected = yield* Effect.promise(() => sdk(server.baseUrl, false))
      const answer = yield* model.complete(ask("Hello"))
      assert.deepStrictEqual(seenOf(answer, expected), expected)
    })
  )
})

const refusals: ReadonlyArray<readonly [says: string, script: WireScript]> = [
  ...[400, 401, 403, 404, 413, 422, 429, 500, 503, 529].map((status) => [String(status), httpError(status)] as const),
  ["429 with Retry-After", httpError(429, undefined, { "retry-after": "7" })],
  ["502 as an HTML page", httpError(502, "<html>Bad gateway</html>")]
]

describe.each(wires)("$id and its SDK", (wire) => {
  it.live.each(refusals)("agree on the status of a refusal and on how long to wait, whole and streamed: %s", ([, script]) =>
    Effect.gen(function* () {
      const server = yield* wire.start
      server.otherwise(() => script)
      const model = yield* modelOf({ ...wire.config(server.baseUrl), limits: { maxHoldMs: 0 } }, `${wire.id}/m`)
      for (const streaming of [false, true]) {
        const call = streaming ? model.stream(ask("Hello"), () => undefined) : model.complete(ask("Hello"))
        const ours = yield* Effect.flip(call)
        const theirs = yield* Effect.flip(
          Effect.tryPromise({ try: () => sdks[wire.id]!(server.baseUrl, streaming), catch: (error) => error })
        )
        if (!(theirs instanceof OpenaiError || theirs instanceof AnthropicError)) return assert.fail(String(theirs))
        assert.strictEqual(ours.status, theirs.status)
        const waitSeconds = theirs.headers?.get("retry-after") ?? null
        assert.strictEqual(ours.retryAfterMs, waitSeconds === null ? undefined : Number(waitSeconds) * 1_000)
      }
    })
  )

  it.live("both fail when the connection is cut", () =>
    Effect.gen(function* () {
      const server = yield* wire.start
      server.otherwise(() => answer("One two three", { cutAfter: 2 }))
      const model = yield* modelOf(wire.config(server.baseUrl), `${wire.id}/m`)
      assert.strictEqual((yield* Effect.flip(model.stream(ask("Hello"), () => undefined)))._tag, "ProviderTruncated")
      assert.isTrue(Exit.isFailure(yield* Effect.exit(Effect.tryPromise(() => sdks[wire.id]!(server.baseUrl, true)))))
    })
  )
})

const different = wires.flatMap((wire) =>
  fixturesOf(wire.id, ".sse")
    .filter((name) => differences[name] !== undefined)
    .flatMap((name) => {
      const difference = differences[name]
      return difference === undefined ? [] : [{ wire, name, ...difference }]
    })
)

it.live.each(different)("differs from the SDK, rightly: in $name $why", ({ name, ours, wire }) =>
  Effect.gen(function* () {
    const server = yield* wire.start
    const model = yield* modelOf(wire.config(server.baseUrl), `${wire.id}/m`)
    for (const script of writes(fixture(wire.id, name))) {
      server.otherwise(() => script)
      const answer = yield* model.stream(ask("Hello"), () => undefined)
      assert.deepStrictEqual(seenOf(answer, ours), ours)
      const theirs = yield* Effect.exit(Effect.tryPromise(() => sdks[wire.id]!(server.baseUrl, true)))
      if (Exit.isSuccess(theirs)) assert.notDeepEqual(seenOf(answer, theirs.value), theirs.value)
    }
  })
)
