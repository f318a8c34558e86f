/** Amazon Bedrock: its framing against Amazon's own codec, and its wire by a server that checks signatures. */
import { createHash, createHmac } from "node:crypto"
import { createServer } from "node:http"
import type { IncomingMessage, ServerResponse } from "node:http"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Redacted } from "effect"
import { TestClock } from "effect/testing"
import type { ModelRequest } from "@parley/domain/ModelRequest"
import { corrupt, EventStreamFrames } from "../src/bedrock/EventStreamFrames.ts"
import { encodeRequest } from "../src/bedrock/encodeRequest.ts"
import { regionOf } from "../src/bedrock/bedrockProvider.ts"
import type { ConfiguredProvider } from "../src/catalog/ConfiguredProvider.ts"
import { collect } from "./support/collect.ts"
import { modelOf, providersOf } from "./support/model.ts"
import { ask } from "./support/requests.ts"
import { frame } from "./wire/bedrockWire.ts"

const spoken = [
  frame("messageStart", { role: "assistant" }),
  frame("contentBlockDelta", { contentBlockIndex: 0, delta: { reasoningContent: { text: "Hm" } } }),
  frame("contentBlockDelta", { contentBlockIndex: 0, delta: { reasoningContent: { signature: "sig" } } }),
  frame("contentBlockStop", { contentBlockIndex: 0 }),
  frame("contentBlockDelta", { contentBlockIndex: 1, delta: { text: "Größe 🎉" }, p: "abcd" }),
  frame("contentBlockDelta", { contentBlockIndex: 1, delta: { text: " und mehr" }, p: "ab" }),
  frame("contentBlockStop", { contentBlockIndex: 1 }),
  frame("contentBlockStart", { contentBlockIndex: 2, start: { toolUse: { toolUseId: "t1", name: "look" } } }),
  frame("contentBlockDelta", { contentBlockIndex: 2, delta: { toolUse: { input: '{"at":' } } }),
  frame("contentBlockDelta", { contentBlockIndex: 2, delta: { toolUse: { input: '"x"}' } } }),
  frame("contentBlockStop", { contentBlockIndex: 2 }),
  frame("somethingNewer", {}),
  frame("messageStop", { stopReason: "tool_use" })
]
const metadata = frame("metadata", {
  usage: { inputTokens: 5, outputTokens: 7, totalTokens: 112, cacheReadInputTokens: 90, cacheWriteInputTokens: 10 },
  metrics: { latencyMs: 12 }
})
const whole = Buffer.concat([...spoken, metadata])

describe("Amazon's framing", () => {
  const read = (bytes: Buffer, cut: number, maxBytes = 1_000_000) => {
    const frames = new EventStreamFrames(maxBytes)
    return [...frames.push(bytes.subarray(0, cut)), ...frames.push(bytes.subarray(cut))]
  }
  const expected = read(whole, 0)

  it("reads what Amazon's own codec wrote, cut at every byte", () => {
    assert.lengthOf(expected, spoken.length + 1)
    assert.deepStrictEqual(expected[0], { event: "messageStart", data: '{"role":"assistant"}' })
    for (let cut = 1; cut < whole.length; cut++) assert.deepStrictEqual(read(whole, cut), expected, `cut at ${cut}`)
    const frames = new EventStreamFrames(1_000_000)
    const bytewise = [...whole].flatMap((byte) => [...frames.push(Uint8Array.of(byte))])
    assert.deepStrictEqual(bytewise, expected)
  })

  it("notices every byte that is another: nothing false is told, and nothing after it", () => {
    const first = Buffer.concat([spoken[0] ?? Buffer.alloc(0), metadata])
    for (let at = 0; at < (spoken[0]?.length ?? 0); at++) {
      const broken = Buffer.from(first)
      broken[at] = (broken[at] ?? 0) ^ 0x40
      const events = read(broken, 0)
      assert.isAtMost(events.length, 1, `byte ${at}`)
      for (const { event } of events) assert.strictEqual(event, corrupt, `byte ${at}`)
    }
  })

  it("bounds a message, and tells an exception by its type", () => {
    assert.deepStrictEqual(
      read(whole, 0, 50).map(({ event }) => event),
      [corrupt]
    )
    assert.strictEqual(
      read(frame("throttlingException", { message: "slow" }, "exception"), 0)[0]?.event,
      "exception:throttlingException"
    )
  })
})

interface Asked {
  readonly path: string
  readonly headers: IncomingMessage["headers"]
  readonly body: string
}

/** Answers as the test says; records what it was asked. */
const startBedrock = Effect.gen(function* () {
  const asked: Array<Asked> = []
  let respond: (response: ServerResponse) => void = (response) => response.end()
  const gone = Deferred.makeUnsafe<void>()
  const server = createServer((message, response) => {
    const chunks: Array<Buffer> = []
    message.on("data", (chunk: Buffer) => chunks.push(chunk))
    response.once("close", () => Deferred.doneUnsafe(gone, Effect.void))
    message.on("end", () => {
      asked.push({ path: message.url ?? "", headers: message.headers, body: Buffer.concat(chunks).toString("utf8") })
      respond(response)
    })
  })
  yield* Effect.acquireRelease(
    Effect.callback<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void))),
    () =>
      Effect.callback<void>((resume) => {
        server.closeAllConnections()
        server.close(() => resume(Effect.void))
      })
  )
  const address = server.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  return {
    baseUrl: `http://127.0.0.1:${port}`,
    asked,
    gone: Deferred.await(gone),
    answers: (next: typeof respond) => void (respond = next),
    json: (status: number, body: unknown, headers: Record<string, string> = {}) =>
      void (respond = (response) => {
        response.writeHead(status, { "content-type": "application/json", "x-amzn-requestid": "req-1", ...headers })
        response.end(JSON.stringify(body))
      }),
    streams: (...frames: ReadonlyArray<Buffer>) =>
      void (respond = (response) => {
        response.writeHead(200, { "content-type": "application/vnd.amazon.eventstream", "x-amzn-requestid": "req-1" })
        for (const each of frames) response.write(each)
        response.end()
      })
  }
})

const secretAccessKey = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
const model = "anthropic.claude-sonnet-4-6-v1:0"
const signing: Partial<ConfiguredProvider> = {
  region: "eu-central-1",
  aws: Redacted.make({ accessKeyId: "AKIDEXAMPLE", secretAccessKey, sessionToken: "session" })
}
const resolved = (baseUrl: string, more: Partial<ConfiguredProvider> = signing) =>
  modelOf({ configured: [{ id: "bedrock", kind: "bedrock", baseUrl, ...more }] }, `bedrock/${model}`)

/** Signature Version 4 as Amazon writes it down, from what arrived. */
const signatureOf = ({ body, headers, path }: Asked, host: string): string => {
  const hmac = (key: Buffer | string, text: string) => createHmac("sha256", key).update(text).digest()
  const sha256 = (text: string) => createHash("sha256").update(text).digest("hex")
  const date = String(headers["x-amz-date"])
  const signedHeaders = /SignedHeaders=([^,]+)/.exec(headers.authorization ?? "")?.[1] ?? ""
  const canonicalHeaders = signedHeaders
    .split(";")
    .map((name) => `${name}:${name === "host" ? host : String(headers[name])}\n`)
    .join("")
  // Each segment of the path is encoded once more than it was sent.
  const canonicalPath = path.split("/").map(encodeURIComponent).join("/")
  const request = ["POST", canonicalPath, "", canonicalHeaders, signedHeaders, sha256(body)].join("\n")
  const scope = `${date.slice(0, 8)}/eu-central-1/bedrock/aws4_request`
  const key = hmac(hmac(hmac(hmac(`AWS4${secretAccessKey}`, date.slice(0, 8)), "eu-central-1"), "bedrock"), "aws4_request")
  return hmac(key, ["AWS4-HMAC-SHA256", date, scope, sha256(request)].join("\n")).toString("hex")
}

describe("Bedrock", () => {
  it.live("streams text, reasoning, calls and usage, with a signature that Amazon would accept", () =>
    Effect.gen(function* () {
      const server = yield* startBedrock
      server.streams(...spoken, metadata)
      const collected = collect()
      const answer = yield* (yield* resolved(server.baseUrl)).stream(ask("Hello"), collected.sink)
      assert.strictEqual(collected.text(), "Größe 🎉 und mehr")
      assert.deepStrictEqual(answer.content, [
        { type: "reasoning", text: "Hm", signature: "sig" },
        { type: "text", text: "Größe 🎉 und mehr" },
        { type: "tool-call", id: "t1", name: "look", arguments: '{"at":"x"}' }
      ])
      assert.deepInclude(answer, { finishReason: "tool-calls", responseId: "req-1", model })
      assert.deepInclude(answer.usage, { inputTokens: 105, cachedInputTokens: 90, cacheWriteTokens: 10, outputTokens: 7 })
      const [asked] = server.asked
      if (asked === undefined) return assert.fail("nothing was asked")
      assert.strictEqual(asked.path, `/model/${encodeURIComponent(model)}/converse-stream`)
      assert.strictEqual(asked.headers["x-amz-security-token"], "session")
      assert.include(asked.headers.authorization, `Signature=${signatureOf(asked, new URL(server.baseUrl).host)}`)
    })
  )

  it.live("answers whole, with a Bedrock API key instead of a signature", () =>
    Effect.gen(function* () {
      const server = yield* startBedrock
      server.json(200, {
        output: {
          message: {
            role: "assistant",
            content: [
              { reasoningContent: { reasoningText: { text: "Hm", signature: "sig" } } },
              { text: "Hello" },
              { toolUse: { toolUseId: "t1", name: "look", input: { at: 1 } } }
            ]
          }
        },
        stopReason: "max_tokens",
        usage: { inputTokens: 3, outputTokens: 4, totalTokens: 7 }
      })
      const found = yield* resolved(server.baseUrl, { region: "us-east-1", apiKey: Redacted.make("bedrock-key") })
      const answer = yield* found.complete(ask("Hello"))
      assert.deepStrictEqual(answer.content, [
        { type: "reasoning", text: "Hm", signature: "sig" },
        { type: "text", text: "Hello" },
        { type: "tool-call", id: "t1", name: "look", arguments: '{"at":1}' }
      ])
      assert.strictEqual(answer.finishReason, "length")
      assert.strictEqual(server.asked[0]?.headers.authorization, "Bearer bedrock-key")
    })
  )

  it.live("names what went wrong: before the stream, in it, and where it is cut", () =>
    Effect.gen(function* () {
      const server = yield* startBedrock
      const found = yield* resolved(server.baseUrl)
      const failed = Effect.map(Effect.flip(found.stream(ask("Hello"), () => {})), ({ _tag }) => _tag)
      const [start = Buffer.alloc(0)] = spoken
      server.json(400, { message: "wrong" })
      assert.strictEqual(yield* failed, "ProviderRejected")
      server.json(404, { message: "no such model" })
      assert.strictEqual(yield* failed, "ProviderModelNotFound")
      server.json(403, { message: "denied" })
      assert.strictEqual(yield* failed, "ProviderUnauthorized")
      server.json(424, { message: "the model failed" })
      assert.strictEqual(yield* failed, "ProviderFailed")
      server.streams(start, frame("validationException", { message: "wrong" }, "exception"))
      assert.strictEqual(yield* failed, "ProviderRejected")
      server.streams(start, frame("modelStreamErrorException", { message: "broken" }, "exception"))
      assert.strictEqual(yield* failed, "ProviderFailed")
      server.streams(start, Buffer.from("this is not the framing of Amazon's"))
      assert.strictEqual(yield* failed, "ProviderFailed")
      server.streams(...spoken.slice(0, 5))
      assert.strictEqual(yield* failed, "ProviderTruncated")
      server.streams(metadata)
      assert.strictEqual(yield* failed, "ProviderTruncated")
      server.streams(...spoken)
      assert.strictEqual((yield* found.stream(ask("Hello"), () => {})).finishReason, "tool-calls", "only the usage is missing")
    })
  )

  it.live("is told when its caller goes away", () =>
    Effect.gen(function* () {
      const server = yield* startBedrock
      const begun = Deferred.makeUnsafe<void>()
      server.answers((response) => {
        response.writeHead(200, { "content-type": "application/vnd.amazon.eventstream" })
        response.write(Buffer.concat(spoken.slice(0, 5)))
      })
      const found = yield* resolved(server.baseUrl)
      const call = yield* Effect.forkChild(
        found.stream(ask("Hello"), () => {
          Deferred.doneUnsafe(begun, Effect.void)
        })
      )
      yield* Deferred.await(begun)
      yield* Fiber.interrupt(call)
      yield* server.gone
    })
  )

  it("is asked in Converse's words", () => {
    const request: ModelRequest = {
      model,
      messages: [
        { role: "system", content: [{ type: "text", text: "Be kind" }] },
        {
          role: "user",
          content: [
            { type: "text", text: "Look" },
            { type: "image", url: "data:image/png;base64,AAAA" },
            { type: "image", url: "https://example.com/a.png" }
          ]
        },
        {
          role: "assistant",
          content: [
            { type: "reasoning", text: "Hm", signature: "sig" },
            { type: "reasoning", text: "", signature: "redacted:xyz" },
            { type: "reasoning", text: "unsigned" },
            { type: "tool-call", id: "t1", name: "look", arguments: '{"at":1}' }
          ]
        },
        { role: "tool", content: [{ type: "tool-result", toolCallId: "t1", content: "a cat", isError: true }] },
        { role: "user", content: [{ type: "text", text: "And now?" }] }
      ],
      parameters: {
        maxOutputTokens: 10,
        temperature: 1.5,
        stop: ["END"],
        tools: [{ name: "look", description: "Looks", parameters: { properties: {} } }],
        toolChoice: "required",
        responseFormat: { type: "json" }
      }
    }
    const body = JSON.parse(JSON.stringify(encodeRequest(request)))
    assert.strictEqual(body.system[0].text, "Be kind")
    assert.match(body.system[1].text, /JSON/)
    assert.deepStrictEqual(body.messages, [
      {
        role: "user",
        content: [
          { text: "Look" },
          { image: { format: "png", source: { bytes: "AAAA" } } },
          { text: "[picture: https://example.com/a.png]" }
        ]
      },
      {
        role: "assistant",
        content: [
          { reasoningContent: { reasoningText: { text: "Hm", signature: "sig" } } },
          { reasoningContent: { redactedContent: "xyz" } },
          { toolUse: { toolUseId: "t1", name: "look", input: { at: 1 } } }
        ]
      },
      {
        role: "user",
        content: [{ toolResult: { toolUseId: "t1", content: [{ text: "a cat" }], status: "error" } }, { text: "And now?" }]
      }
    ])
    assert.deepStrictEqual(body.inferenceConfig, { maxTokens: 10, temperature: 1, stopSequences: ["END"] })
    assert.deepStrictEqual(body.toolConfig, {
      tools: [{ toolSpec: { name: "look", description: "Looks", inputSchema: { json: { properties: {}, type: "object" } } } }],
      toolChoice: { any: {} }
    })
  })

  it("reads its region from Amazon's addresses", () => {
    assert.strictEqual(regionOf("https://bedrock-runtime.us-east-1.amazonaws.com"), "us-east-1")
    assert.strictEqual(regionOf("https://bedrock-runtime-fips.us-gov-west-1.amazonaws.com"), "us-gov-west-1")
    assert.isUndefined(regionOf("http://127.0.0.1:1"))
  })
})

it.effect("a provider that has no list of models is not said to be reachable by one", () =>
  Effect.gen(function* () {
    const server = yield* startBedrock
    server.json(200, { output: { message: { role: "assistant", content: [{ text: "Hi" }] } }, stopReason: "end_turn" })
    const configured = [{ id: "bedrock", kind: "bedrock" as const, baseUrl: server.baseUrl, ...signing }]
    const providers = yield* providersOf({ configured, limits: { probeEveryMs: 20_000 } })
    yield* (yield* Effect.orDie(providers.resolve(`bedrock/${model}`))).complete(ask("Hello"))
    yield* TestClock.adjust(60_000)
    const [health] = yield* providers.health
    assert.strictEqual(health?.succeeded, 1)
    assert.isUndefined(health?.probe)
  })
)

it.each([
  ["anthropic.claude-3-haiku-20240307-v1:0", { temperature: 1, topP: 0.9 }],
  ["eu.anthropic.claude-sonnet-4-5-20250929-v1:0", { temperature: 1 }],
  ["us.anthropic.claude-opus-4-7", {}],
  ["amazon.nova-pro-v1:0", { temperature: 1, topP: 0.9 }]
])("%s gets as much of temperature and topP as that model takes", (model, sent) => {
  const { inferenceConfig = {} } = encodeRequest({ ...ask("Hello", { temperature: 1.5, topP: 0.9 }), model })
  assert.deepStrictEqual(inferenceConfig, sent)
})
