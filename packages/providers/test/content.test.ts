/** What an answer is made of, part by part, where the SDKs have no word for it or join what we keep apart. */
import { assert, describe, it } from "@effect/vitest"
import { Exit } from "effect"
import type { AssistantPart } from "@parley/domain/Content"
import type { ModelEvent } from "@parley/domain/ModelEvent"
import { anthropicWire } from "../src/anthropic/anthropicWire.ts"
import { parseObject } from "../src/call/foreign.ts"
import { usageOf } from "../src/openai/decodeParts.ts"
import { openaiWire } from "../src/openai/openaiWire.ts"
import { decode, joined } from "./support/decode.ts"
import { fixture } from "./support/fixtures.ts"

const decodeFixture = (wire: string, name: string) => {
  const bytes = fixture(wire, name)
  return wire === "anthropic" ? decode(anthropicWire.decodeStream, [bytes]) : decode(openaiWire.decodeStream, [bytes])
}

const streamed: ReadonlyArray<readonly [wire: string, name: string, content: ReadonlyArray<AssistantPart>]> = [
  [
    "anthropic",
    "thinking-signed-and-then-text",
    [
      { type: "reasoning", text: "Let me see: 7×6 …", signature: "EqQBCgIYAhIM1gbcDa9GJwZA2b3hGgxBdjrkzLoky3dl1pk=" },
      { type: "text", text: "It is 42." }
    ]
  ],
  [
    "anthropic",
    "thinking-that-is-redacted",
    [
      { type: "reasoning", text: "", signature: "redacted:EmwKAhgBEgy3va3pzix/LafPsn4aDFIT2Xlxh0L5L8rLVyIwxtE3rAFBa8cr3qpP" },
      { type: "text", text: "Fine." }
    ]
  ],
  [
    "anthropic",
    "two-tool-calls-in-parallel",
    [
      { type: "text", text: "I'll look at both." },
      { type: "tool-call", id: "toolu_01T1x1fJ34qAmk2tNTrN7Up6", name: "get_weather", arguments: '{"city": "Zürich"}' },
      { type: "tool-call", id: "toolu_02", name: "get_time", arguments: '{"zone":"Asia/東京"}' }
    ]
  ],
  ["anthropic", "a-tool-call-without-arguments", [{ type: "tool-call", id: "toolu_03", name: "now", arguments: "{}" }]],
  ["anthropic", "events-that-are-newer-than-the-decoder", [{ type: "text", text: "Begun and ended" }]],
  [
    "llama",
    "reasoning-content-as-vllm-streams-it",
    [
      { type: "reasoning", text: "The user greets me." },
      { type: "text", text: "Hello 世界" }
    ]
  ],
  [
    "llama",
    "reasoning-as-openrouter-streams-it",
    [
      { type: "reasoning", text: "Thinking hard." },
      { type: "text", text: "Done" }
    ]
  ],
  [
    "llama",
    "two-whole-tool-calls-both-numbered-zero",
    [
      { type: "tool-call", id: "call_k3x1", name: "get_weather", arguments: '{"city":"Oslo"}' },
      { type: "tool-call", id: "call_9ab2", name: "get_time", arguments: "{}" }
    ]
  ],
  ["llama", "a-call-without-an-id", [{ type: "tool-call", id: "call_chatcmpl-417_0", name: "get_time", arguments: "{}" }]],
  [
    "openai",
    "text-and-then-a-tool-call",
    [
      { type: "text", text: "Let me look." },
      { type: "tool-call", id: "call_1xN4", name: "search", arguments: '{"q":"\\u00e9\\""}' }
    ]
  ]
]

describe("a streamed answer holds its parts in order", () => {
  it.each(streamed)("%s: %s", (wire, name, content) => {
    const { exit } = decodeFixture(wire, name)
    assert.deepStrictEqual(Exit.isSuccess(exit) ? exit.value.content : exit, content)
  })
})

describe("a whole answer holds its parts in order", () => {
  it("anthropic, with all kinds of blocks", () => {
    const answer = anthropicWire.decodeAnswer(
      parseObject(fixture("anthropic", "whole-of-all-kinds-of-blocks", ".json").toString())!
    )
    assert.deepStrictEqual(answer, {
      model: "claude-sonnet-5-20260801",
      responseId: "msg_01A",
      content: [
        { type: "reasoning", text: "7×6", signature: "Eq==" },
        { type: "reasoning", text: "", signature: "redacted:EmwK" },
        { type: "text", text: "Grüße 🚂" },
        { type: "tool-call", id: "toolu_1", name: "get_weather", arguments: '{"city":"Zürich","days":[1,2]}' }
      ],
      finishReason: "tool-calls",
      usage: { inputTokens: 2_310, cachedInputTokens: 2_000, cacheWriteTokens: 300, outputTokens: 77, reasoningTokens: 12 }
    })
  })

  it("anthropic, with what it keeps for an hour", () => {
    const usage = {
      input_tokens: 10,
      cache_creation_input_tokens: 300,
      cache_creation: { ephemeral_5m_input_tokens: 200, ephemeral_1h_input_tokens: 100 },
      output_tokens: 1
    }
    const whole = parseObject(fixture("anthropic", "whole-of-all-kinds-of-blocks", ".json").toString())!
    const answer = anthropicWire.decodeAnswer({ ...whole, usage })
    assert.deepInclude(answer?.usage, { inputTokens: 310, cacheWriteTokens: 300, longCacheWriteTokens: 100 })
  })

  it("a compatible server, with the reasoning that it shows", () => {
    const answer = openaiWire.decodeAnswer(parseObject(fixture("llama", "whole-with-reasoning", ".json").toString())!)
    assert.deepStrictEqual(answer?.content, [
      { type: "reasoning", text: "The user greets me." },
      { type: "text", text: "Hello 世界" }
    ])
  })
})

/** A prompt of 10 and a completion of 4, but for what the row says. */
const totals: ReadonlyArray<readonly [claim: string, told: object, outputTokens: number, reasoningTokens: number]> = [
  ["counts reasoning within the completion", { total_tokens: 14, completion_tokens_details: { reasoning_tokens: 3 } }, 4, 3],
  [
    "counts reasoning beside it, and says how much",
    { total_tokens: 44, completion_tokens_details: { reasoning_tokens: 30 } },
    34,
    30
  ],
  ["counts reasoning beside it in the total alone", { total_tokens: 44 }, 34, 30],
  ["tells no completion", { completion_tokens: undefined, total_tokens: 44 }, 34, 0],
  ["tells no total", {}, 4, 0],
  ["tells a total that is too small", { total_tokens: 3 }, 4, 0],
  ["tells a total that cannot be", { total_tokens: 1e15 }, 4, 0],
  ["tells no prompt", { prompt_tokens: 0, total_tokens: 44 }, 4, 0]
]

it.each(totals)("a compatible server that %s", (_claim, told, outputTokens, reasoningTokens) => {
  const usage = usageOf({ prompt_tokens: 10, completion_tokens: 4, ...told })
  assert.deepInclude(usage, { outputTokens, reasoningTokens })
  assert.isUndefined(usage?.isEstimated)
})

it("a call of a tool comes with its id and name first, then piece by piece, then whole", () => {
  const { events } = decodeFixture("openai", "two-tool-calls-in-parallel")
  const call = (event: ModelEvent) => event.type === "tool-call-delta" && event.index === 1
  assert.deepStrictEqual(events.filter(call), [
    { type: "tool-call-delta", index: 1, id: "call_ZMwuNfVbAmSlGhRkDmYnVpLe", name: "get_time", arguments: "" },
    { type: "tool-call-delta", index: 1, arguments: '{"zone":' },
    { type: "tool-call-delta", index: 1, arguments: '"Asia/東京"}' }
  ])
  assert.deepStrictEqual(
    joined(events)
      .map((event) => event.type)
      .slice(-4),
    ["tool-call", "tool-call", "usage", "finish"]
  )
})

it("a stop sequence is named in the terminal", () => {
  const { events } = decodeFixture("anthropic", "stopped-at-a-stop-sequence")
  assert.deepStrictEqual(events.at(-1), { type: "finish", reason: "stop", stopSequence: "three" })
})
