/** One Parley in front of each provider's wire, for tests of what a client sees whichever provider answers. */
import { Context, Effect, Layer, Redacted } from "effect"
import { freshDatabase } from "../../../../../test/support/freshDatabase.ts"
import { startAnthropicWire } from "../../../../providers/test/wire/anthropicWire.ts"
import { startLlamaWire } from "../../../../providers/test/wire/llamaWire.ts"
import { startOpenaiWire } from "../../../../providers/test/wire/openaiWire.ts"
import type { WireServer } from "../../../../providers/test/wire/WireServer.ts"
import { startParley, type Parley } from "./startParley.ts"

export const wireRows = [
  { name: "OpenAI", provider: "openai", model: "openai/gpt-5" },
  { name: "Anthropic", provider: "anthropic", model: "anthropic/claude-sonnet-5" },
  { name: "Llama", provider: "llama", model: "llama/llama-4" }
] as const

export class EveryWire extends Context.Service<
  EveryWire,
  { readonly parley: Parley; readonly wires: Readonly<Record<(typeof wireRows)[number]["provider"], WireServer>> }
>()("@parley/cli/test/EveryWire") {
  static readonly layer = Layer.effect(
    EveryWire,
    Effect.gen(function* () {
      const wires = { openai: yield* startOpenaiWire, anthropic: yield* startAnthropicWire, llama: yield* startLlamaWire }
      const parley = yield* startParley({
        DATABASE_URL: Redacted.value(yield* freshDatabase),
        OPENAI_API_KEY: "sk-wire",
        OPENAI_BASE_URL: wires.openai.baseUrl,
        ANTHROPIC_API_KEY: "sk-ant-wire",
        ANTHROPIC_BASE_URL: wires.anthropic.baseUrl,
        LLAMA_BASE_URL: wires.llama.baseUrl
      })
      return { parley, wires }
    })
  )
}
