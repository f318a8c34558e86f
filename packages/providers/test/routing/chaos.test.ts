/**
 * Three targets that fail at random, by seed; hundreds of requests, streamed and not. No byte is wrong, every end is true, and
 * what was accounted is what the servers themselves counted.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit } from "effect"
import { textOf } from "@parley/domain/Content"
import { noUsage } from "@parley/domain/Usage"
import { cost } from "../../src/catalog/cost.ts"
import { collect } from "../support/collect.ts"
import { ask } from "../support/requests.ts"
import { answer, httpError } from "../wire/WireServer.ts"
import type { WireRequest, WireScript } from "../wire/WireServer.ts"
import { world } from "./world.ts"

const requests = 150
const atOnce = 16
const ids = ["one", "two", "claude"] as const

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

/** A server that plays a part of it wrong. It counts what it worked as it tells it: an answer it ended, or the words of one it broke off. */
const play = (random: () => number, counted: Map<string, Counted>, key: string) => {
  let calls = 0
  return (request: WireRequest): WireScript => {
    const { question, said } = askedIn(request)
    const whole = wordsOf(question)
    const before = said.split(" ").filter((word) => word !== "").length
    // Some models repeat the end of what they are shown.
    const repeats = before > 0 && random() < 0.4 ? Math.min(before, 2 + Math.floor(random() * 3)) : 0
    const deltas = whole.slice(before - repeats)
    const usage = { inputTokens: 100 + question, outputTokens: deltas.length }
    const dice = random()
    const id = `${key}-${calls++}`
    if (dice < 0.12) return httpError(500)
    if (dice < 0.16) return httpError(429)
    if (dice < 0.2) return httpError(404)
    if (!request.streaming) {
      counted.set(id, usage)
      return answer(deltas, { usage, responseId: id })
    }
    const at = Math.floor(random() * deltas.length)
    if (dice < 0.35) return answer(deltas, { usage, responseId: id, cutAfter: at })
    if (dice < 0.42) return answer(deltas, { usage, responseId: id, endAfter: at })
    if (dice < 0.47) return answer(deltas, { usage, responseId: id, errorAfter: at })
    counted.set(id, usage)
    return answer(deltas, { usage, responseId: id })
  }
}

describe("three targets that fail at random", () => {
  it.live.each([1, 7, 1234])(
    "seed %i: no wrong bytes, every end true, and the usage that the servers counted",
    (seed) =>
      Effect.gen(function* () {
        const random = seeded(seed)
        const counted = new Map<string, Counted>()
        const { model, ...wires } = yield* world(
          { strategy: "weighted", retry: { attempts: 8, baseMs: 1, maxMs: 3, maxWaitMs: 50 } },
          { breakerFailures: 5, openMs: 5, maxOpenMs: 10, minConcurrent: atOnce },
          ids
        )
        for (const id of ids) wires[id].otherwise(play(random, counted, id))
        const told: Array<Counted & { readonly costNanoDollars: number }> = []
        let answers = 0
        let goneOn = 0

        const one = Effect.fnUntraced(function* (question: number) {
          const expected = wordsOf(question).join("")
          const isStream = question % 3 !== 0
          const collected = collect()
          const call = isStream
            ? model.stream(ask(`Question ${question}`), collected.sink)
            : model.complete(ask(`Question ${question}`))
          const exit = yield* Effect.exit(call)
          const text = Exit.isSuccess(exit) && !isStream ? textOf(exit.value.content) : collected.text()
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
          for (const { failure, usage: used } of attempts) {
            if (failure === undefined) told.push({ ...used, costNanoDollars: used.costNanoDollars ?? -1 })
          }
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
        const price = { input: 1, output: 10 }
        const sort = (all: ReadonlyArray<Counted>) => all.map((one) => `${one.inputTokens} ${one.outputTokens}`).toSorted()
        assert.deepStrictEqual(sort(told), sort([...counted.values()]))
        for (const { costNanoDollars, inputTokens, outputTokens } of told) {
          assert.strictEqual(costNanoDollars, cost({ ...noUsage, inputTokens, outputTokens }, price))
        }
      }),
    60_000
  )
})
