/** Targets on wire servers of the test's own, and a route over them. */
import { Effect } from "effect"
import type { ModelEvent } from "@parley/domain/ModelEvent"
import type { RouteConfig } from "../../src/routing/Route.ts"
import type { ProviderLimits } from "../../src/ProviderLimits.ts"
import { startAnthropicWire } from "../wire/anthropicWire.ts"
import { startBedrockWire } from "../wire/bedrockWire.ts"
import { startGeminiWire } from "../wire/geminiWire.ts"
import { startOpenaiWire } from "../wire/openaiWire.ts"
import { Redacted } from "effect"
import { providersOf } from "../support/model.ts"
import { deadAddress } from "../support/wires.ts"

const price = { input: 1, output: 10 }
const apiKey = Redacted.make("key-of-the-test")

export type WorldId = "one" | "two" | "ollama" | "mistral" | "claude" | "gemini" | "bedrock"

/**
 * `one` and `two` speak OpenAI's wire and take no beginning of an answer, `ollama` goes on with one, `mistral` tells it too, the others speak their vendors'. `nobody`
 * is none of them: a target where connections are refused.
 */
export const world = Effect.fnUntraced(function* (
  route: Partial<RouteConfig> = {},
  limits: Partial<ProviderLimits> = {},
  ids: ReadonlyArray<WorldId | "nobody"> = ["one", "two"],
  names: { readonly [id: string]: string } = {},
  facts: { readonly [id: string]: object } = {}
) {
  const targetOf = (id: string) => `${id}/${names[id] ?? "m"}`
  const wires = {
    one: yield* startOpenaiWire,
    two: yield* startOpenaiWire,
    ollama: yield* startOpenaiWire,
    mistral: yield* startOpenaiWire,
    claude: yield* startAnthropicWire,
    gemini: yield* startGeminiWire,
    bedrock: yield* startBedrockWire
  }
  const dead = yield* deadAddress
  const kinds = {
    nobody: "openai-compatible",
    one: "openai-compatible",
    two: "openai",
    ollama: "ollama",
    mistral: "mistral",
    claude: "anthropic",
    gemini: "gemini",
    bedrock: "bedrock"
  } as const
  const providers = yield* providersOf({
    configured: ids.map((id) => ({
      id,
      kind: kinds[id],
      baseUrl: id === "nobody" ? dead : wires[id].baseUrl,
      apiKey,
      region: "us-east-1"
    })),
    models: Object.fromEntries(ids.map((id) => [targetOf(id), { price, ...facts[id] }])),
    routes: {
      best: {
        targets: ids.map((id) => ({ model: targetOf(id) })),
        retry: { baseMs: 1, maxMs: 2 },
        ...route
      }
    },
    limits: { probeEveryMs: 0, openJitter: 0, ...limits }
  })
  const model = yield* Effect.orDie(providers.resolve("best"))
  const healthOf = (target: string) =>
    Effect.map(providers.health, (all) => {
      const found = all.find((one) => one.target === target)
      if (found === undefined) throw new Error(`nothing is known of ${target}`)
      return found
    })
  return { ...wires, providers, model, healthOf }
})

/** Where another target went on, or was asked in place of another. */
export const switches = (events: ReadonlyArray<ModelEvent>) => events.filter((event) => event.type === "provider-switch")
