import { assert, it } from "@effect/vitest"
import { notFoundMessage, ownerOf } from "../src/modelNames.ts"

const all = ["openai", "anthropic", "llama"]

const rows: ReadonlyArray<readonly [name: string, live: ReadonlyArray<string>, owner: string | undefined]> = [
  ["openai/gpt-5.2", all, "openai gpt-5.2"],
  ["llama/llama3.3:70b", all, "llama llama3.3:70b"],
  ["llama/meta-llama/Llama-4", all, "llama meta-llama/Llama-4"],
  ["gpt-5.2", all, "openai gpt-5.2"],
  ["o3-mini", all, "openai o3-mini"],
  ["chatgpt-4o-latest", all, "openai chatgpt-4o-latest"],
  ["claude-sonnet-5", all, "anthropic claude-sonnet-5"],
  ["gpt-5.2", ["llama"], undefined],
  ["claude-sonnet-5", ["openai"], undefined],
  ["anthropic/claude-sonnet-5", ["openai"], undefined],
  ["olympus", all, undefined],
  ["meta-llama/Llama-4", all, undefined],
  ["openai/", all, undefined],
  ["/gpt-5.2", all, undefined],
  ["", all, undefined]
]

it.each(rows)("%j with %j alive is %j's", (name, live, owner) => {
  const found = ownerOf(name, live)
  assert.strictEqual(found && `${found.provider} ${found.model}`, owner)
})

it("somebody whose model nobody has is told which setting is missing, and whom to ask", () => {
  assert.include(notFoundMessage("gpt-5.2", ["demo"]), "OPENAI_API_KEY")
  assert.include(notFoundMessage("anthropic/claude-x", ["demo"]), "ANTHROPIC_API_KEY")
  assert.include(notFoundMessage("llama/x", ["demo"]), "LLAMA_BASE_URL")
  assert.include(notFoundMessage("nonsense", ["openai", "llama"]), "openai, llama")
  assert.notInclude(notFoundMessage("nonsense", ["openai"]), "not set up")
  assert.isBelow(notFoundMessage("n".repeat(100_000), ["openai"]).length, 500)
})

it("somebody who may not ask all of them is told nothing of the others, and not what is missing here", () => {
  const told = notFoundMessage("gpt-5.2", ["demo", "secret"], ["demo"])
  assert.include(told, "of demo;")
  assert.notInclude(told, "secret")
  assert.notInclude(told, "OPENAI_API_KEY")
  assert.strictEqual(notFoundMessage("x", ["secret"], []), 'There is no model "x". GET /v1/models lists them.')
})
