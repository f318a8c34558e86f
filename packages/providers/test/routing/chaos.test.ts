/**
 * Three targets that fail at random, by seed; hundreds of requests, streamed and not. No byte is wrong, every end is true, and
 * what was accounted is what the servers themselves counted, broken answers included. Each server counts in its own way:
 * - `one` tells with every chunk what was used by then;
 * - `two` tells it at the end, and bills a broken answer like OpenAI does: its prompt and what it sent, by the tokens of o200k;
 * - `claude` tells the prompt at the beginning and the answer at the end, `gemini` and `bedrock` both at the end. What a broken one cost, each tells
 *   when it is asked to count, by a vocabulary that is nobody else's.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit } from "effect"
import { countTokens } from "gpt-tokenizer/encoding/o200k_base"
import { textOf } from "@parley/domain/Content"
import type { Attempt } from "@parley/domain/ModelEvent"
import { isNoUsage } from "@parley/domain/Usage"
import { cost } from "../../src/catalog/cost.ts"
import type { ResolvedModel } from "../../src/Providers.ts"
import { Ledger } from "../../src/routing/Ledger.ts"
import { collect } from "../support/collect.ts"
import { ask } from "../support/requests.ts"
import { answer, httpError } from "../wire/WireServer.ts"
import type { WireRequest, WireScript } from "../wire/WireServer.ts"
import { world } from "./world.ts"
import type { WorldId } from "./world.ts"

const requests = 150
const atOnce = 16
type Id = Exclude<WorldId, "ollama" | "mistral">
/** These count what they are asked about. */
const counting: ReadonlyArray<Id> = ["claude", "gemini", "bedrock"]
const names = { two: "gpt-5-mini" }
const price = { input: 1, output: 10 }

/** xorshift32. */
const seeded = (seed: number) => {
  let state = seed
  return (): number => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}

/** The whole answer to a question: every word of it occurs once. */
const wordsOf = (question: number): ReadonlyArray<string> => Array.from({ length: 12 }, (_, n) => `q${question}word${n} `)

interface Asked {
  readonly question: number
  /** What was said before, when the answer is to be gone on with. */
  readonly said: string
}

const textIn = (content: unknown): string =>
  typeof content === "string"
    ? content
    : Array.isArray(content)
      ? content.map((part) => String(Reflect.get(Object(part), "text") ?? "")).join("")
      : ""

/** What the messages say, by whichever names a wire has for them. */
const textsIn = ({ body }: WireRequest): ReadonlyArray<string> => {
  const at = (value: unknown, ...path: ReadonlyArray<string>): unknown =>
    path.reduce<unknown>((inner, name) => Reflect.get(Object(inner), name), value)
  const messages =
    at(body, "messages") ?? at(body, "input", "converse", "messages") ?? at(body, "generateContentRequest", "contents")
  return Array.isArray(messages) ? messages.map((message) => textIn(at(message, "content") ?? at(message, "parts"))) : []
}

const askedIn = (request: WireRequest): Asked => {
  const [question, said] = textsIn(request)
  return { question: Number(/\d+/.exec(question ?? "")?.[0] ?? Number.NaN), said: said ?? "" }
}

interface Counted {
  readonly inputTokens: number
  readonly outputTokens: number
}

interface Bill extends Counted {
  readonly isWhole: boolean
}

/** OpenAI's own account of how chats become tokens: three and its role's one for each message, and three for the beginning of the answer. */
const openaiPrompt = (request: WireRequest): number =>
  textsIn(request).reduce<number>((sum, text) => sum + 4 + countTokens(text), 3)

/** Of a vocabulary that nobody publishes, and that an estimate is far off of: a token for each letter and mark, three for each space. */
const ownTokens = (text: string): number => text.replace(/\s/g, "   ").length
const ownPrompt = (request: WireRequest): number =>
  textsIn(request).reduce<number>((sum, text) => sum + 9 + Math.max(1, ownTokens(text)), 17)
const own = (request: WireRequest, _question: number, sent: ReadonlyArray<string>): Counted => ({
  inputTokens: ownPrompt(request),
  outputTokens: ownTokens(sent.join(""))
})

const countedBy: Record<Id, (request: WireRequest, question: number, sent: ReadonlyArray<string>) => Counted> = {
  one: (_request, question, sent) => ({ inputTokens: 100 + question, outputTokens: sent.length }),
  two: (request, _question, sent) => ({ inputTokens: openaiPrompt(request), outputTokens: countTokens(sent.join("")) }),
  // Its first event tells one already.
  claude: (request, _question, sent) => ({
    inputTokens: ownPrompt(request),
    outputTokens: Math.max(1, ownTokens(sent.join("")))
  }),
  gemini: own,
  bedrock: own
}

/** A server that plays a part of it wrong, and keeps a bill of whatever it worked. */
const play = (random: () => number, bills: Array<Bill>, id: Id) => {
  let calls = 0
  return (request: WireRequest): WireScript => {
    const { question, said } = askedIn(request)
    const whole = wordsOf(question)
    const before = said.split(" ").filter((word) => word !== "").length
    // Some models repeat the end of what they are shown.
    const repeats = before > 0 && random() < 0.4 ? Math.min(before, 2 + Math.floor(random() * 3)) : 0
    const deltas = whole.slice(before - repeats)
    const usage = countedBy[id](request, question, deltas)
    const options = { usage, responseId: `${id}-${calls++}`, usageInChunks: id === "one" }
    const dice = random()
    if (dice < 0.12) return httpError(500)
    if (dice < 0.16) return httpError(429)
    if (dice < 0.2) return httpError(404)
    const at = Math.floor(random() * deltas.length)
    const isBroken = request.streaming && dice < 0.47
    bills.push({ ...(isBroken ? countedBy[id](request, question, deltas.slice(0, at)) : usage), isWhole: !isBroken })
    if (!isBroken) return answer(deltas, options)
    return answer(deltas, { ...options, [dice < 0.35 ? "cutAfter" : dice < 0.42 ? "endAfter" : "errorAfter"]: at })
  }
}

const cases: ReadonlyArray<{ readonly seed: number; readonly ids: ReadonlyArray<Id> }> = [
  { seed: 1, ids: ["one", "two", "claude"] },
  { seed: 7, ids: ["two", "claude", "gemini"] },
  { seed: 1234, ids: ["one", "two", "claude"] },
  { seed: 42, ids: ["claude", "gemini", "bedrock"] }
]
const sorted = (all: ReadonlyArray<Counted>) =>
  all.map(({ inputTokens, outputTokens }) => `${inputTokens} ${outputTokens}`).toSorted()

/** Until its tables are loaded, which takes long on a busy machine, counts are estimates. */
const tokenizerOf = ({ tokens }: ResolvedModel) =>
  Effect.repeat(tokens.count(ask("Hi")), { until: ({ isEstimated }) => !isEstimated })

describe("three targets that fail at random", () => {
  it.live.each(cases)(
    "seed $seed: no wrong bytes, every end true, and the usage that the servers counted",
    ({ ids, seed }) =>
      Effect.gen(function* () {
        const random = seeded(seed)
        const bills: Record<Id, Array<Bill>> = { one: [], two: [], claude: [], gemini: [], bedrock: [] }
        const accounted: Record<Id, Array<Attempt>> = { one: [], two: [], claude: [], gemini: [], bedrock: [] }
        const idOf = ({ target }: Attempt): Id => ids.find((id) => target.startsWith(`${id}/`)) ?? assert.fail(target)
        const { model, providers, ...wires } = yield* world(
          { strategy: "weighted", retry: { attempts: 8, baseMs: 1, maxMs: 3, maxWaitMs: 50 } },
          // A count that comes late is an estimate, and machines are slow at times.
          { breakerFailures: 5, openMs: 5, maxOpenMs: 10, minConcurrent: atOnce, countTimeoutMs: 30_000, modelMissingMs: 0 },
          ids,
          names
        )
        for (const id of ids) wires[id].otherwise(play(random, bills[id], id))
        for (const id of counting) wires[id].counts(ownPrompt)
        let answers = 0
        let goneOn = 0
        if (ids.includes("two")) yield* tokenizerOf(yield* providers.resolve(`two/${names.two}`))

        const one = Effect.fnUntraced(function* (question: number) {
          const expected = wordsOf(question).join("")
          const isStream = question % 3 !== 0
          const collected = collect()
          const ledger = new Ledger()
          const call = isStream
            ? model.stream(ask(`Question ${question}`), collected.sink, { ledger })
            : model.complete(ask(`Question ${question}`))
          const exit = yield* Effect.exit(call)
          const text = Exit.isSuccess(exit) && !isStream ? textOf(exit.value.content) : collected.text()
          const called = Exit.isSuccess(exit) ? (exit.value.attempts ?? []) : yield* ledger.attempts()
          for (const attempt of called) accounted[idOf(attempt)].push(attempt)
          const ends = collected.events.filter(({ type }) => type === "finish").length
          if (Exit.isFailure(exit)) {
            // A broken answer is a true beginning, and never looks like a whole one.
            assert.isTrue(expected.startsWith(text))
            assert.strictEqual(ends, 0)
            return
          }
          answers++
          assert.strictEqual(text, expected)
          assert.strictEqual(textOf(exit.value.content), expected)
          if (isStream) assert.strictEqual(ends, 1)
          const { attempts = [], usage } = exit.value
          if (attempts.length > 1 && collected.events.some(({ type }) => type === "provider-switch")) goneOn++
          const sum = attempts.reduce((total, attempt) => total + (attempt.usage.costNanoDollars ?? 0), 0)
          assert.strictEqual(usage.costNanoDollars, sum)
        })
        yield* Effect.forEach(
          Array.from({ length: requests }, (_, n) => n),
          one,
          { concurrency: atOnce, discard: true }
        )
        assert.isAbove(answers, requests * 0.9)
        assert.isAbove(goneOn, 5)
        for (const id of ids) {
          // What is an error before any answer costs nothing, and nothing else does.
          const paid = accounted[id].filter(({ usage }) => !isNoUsage(usage))
          assert.isAbove(bills[id].filter(({ isWhole }) => !isWhole).length, 3)
          for (const { usage } of paid) assert.strictEqual(usage.costNanoDollars, cost(usage, price))
          assert.deepStrictEqual(sorted(paid.map(({ usage }) => usage)), sorted(bills[id]))
          if (counting.includes(id)) assert.isAbove(wires[id].counted.length, 3)
        }
      }),
    120_000
  )
})
