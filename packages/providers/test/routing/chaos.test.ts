/**
 * Three targets that fail at random, by seed; hundreds of requests, streamed and not. No byte is wrong, every end is true, and
 * what was accounted is what the servers themselves counted, broken answers included. Each server counts in its own way:
 * - `one` tells with every chunk what was used by then;
 * - `two` tells it at the end, and bills a broken answer like OpenAI does: its prompt and what it sent, by the tokens of o200k;
 * - `claude` tells the prompt at the beginning, and the answer at the end. What it sent of a broken one nobody can count but itself: it is estimated.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit } from "effect"
import { countTokens } from "gpt-tokenizer/encoding/o200k_base"
import { textOf } from "@parley/domain/Content"
import type { Attempt } from "@parley/domain/ModelEvent"
import { isNoUsage } from "@parley/domain/Usage"
import { cost } from "../../src/catalog/cost.ts"
import { Ledger } from "../../src/routing/Ledger.ts"
import { collect } from "../support/collect.ts"
import { ask } from "../support/requests.ts"
import { answer, httpError } from "../wire/WireServer.ts"
import type { WireRequest, WireScript } from "../wire/WireServer.ts"
import { world } from "./world.ts"

const requests = 150
const atOnce = 16
const ids = ["one", "two", "claude"] as const
type Id = (typeof ids)[number]
const names = { two: "gpt-5-mini" }
const price = { input: 1, output: 10 }
/** How far what is estimated of a broken answer may be off. */
const estimateFactor = 2

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

const askedIn = ({ body }: WireRequest): Asked => {
  const messages: unknown = Reflect.get(Object(body), "messages")
  const all = Array.isArray(messages) ? messages : []
  const [question, said] = all.map((message) => textIn(Reflect.get(Object(message), "content")))
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
const promptTokens = ({ body }: WireRequest): number => {
  const messages: unknown = Reflect.get(Object(body), "messages")
  const all: ReadonlyArray<unknown> = Array.isArray(messages) ? messages : []
  return all.reduce<number>((sum, message) => sum + 4 + countTokens(textIn(Reflect.get(Object(message), "content"))), 3)
}

const countedBy: Record<Id, (request: WireRequest, question: number, sent: ReadonlyArray<string>) => Counted> = {
  one: (_request, question, sent) => ({ inputTokens: 100 + question, outputTokens: sent.length }),
  two: (request, _question, sent) => ({ inputTokens: promptTokens(request), outputTokens: countTokens(sent.join("")) }),
  // Its first event tells one already.
  claude: (_request, question, sent) => ({ inputTokens: 100 + question, outputTokens: Math.max(1, countTokens(sent.join(""))) })
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

const idOf = ({ target }: Attempt): Id => ids.find((id) => target.startsWith(`${id}/`)) ?? assert.fail(target)
const sorted = (all: ReadonlyArray<Counted>) =>
  all.map(({ inputTokens, outputTokens }) => `${inputTokens} ${outputTokens}`).toSorted()
const totalOf = (all: ReadonlyArray<Counted>): number => all.reduce((sum, { outputTokens }) => sum + outputTokens, 0)

describe("three targets that fail at random", () => {
  it.live.each([1, 7, 1234])(
    "seed %i: no wrong bytes, every end true, and the usage that the servers counted",
    (seed) =>
      Effect.gen(function* () {
        const random = seeded(seed)
        const bills: Record<Id, Array<Bill>> = { one: [], two: [], claude: [] }
        const accounted: Record<Id, Array<Attempt>> = { one: [], two: [], claude: [] }
        const { model, ...wires } = yield* world(
          { strategy: "weighted", retry: { attempts: 8, baseMs: 1, maxMs: 3, maxWaitMs: 50 } },
          { breakerFailures: 5, openMs: 5, maxOpenMs: 10, minConcurrent: atOnce },
          ids,
          names
        )
        for (const id of ids) wires[id].otherwise(play(random, bills[id], id))
        let answers = 0
        let goneOn = 0

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
          const isExact = ({ failure }: Attempt) => id !== "claude" || failure === undefined
          const exact = paid.filter(isExact).map(({ usage }) => usage)
          assert.deepStrictEqual(sorted(exact), sorted(bills[id].filter(({ isWhole }) => id !== "claude" || isWhole)))
          const estimated = paid.filter((attempt) => !isExact(attempt))
          const broken = bills[id].filter(({ isWhole }) => id === "claude" && !isWhole)
          assert.sameMembers(
            estimated.map(({ usage }) => usage.inputTokens),
            broken.map(({ inputTokens }) => inputTokens)
          )
          const [ours, theirs] = [totalOf(estimated.map(({ usage }) => usage)), totalOf(broken)]
          assert.isAtMost(ours, theirs * estimateFactor)
          assert.isAtLeast(ours, theirs / estimateFactor)
        }
      }),
    60_000
  )
})
