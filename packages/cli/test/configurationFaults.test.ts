/** Configurations that could not work are refused before anything starts: all their faults at once, each with its path. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { duplicateKeys } from "../src/duplicateKeys.ts"
import { parseProvidersFile } from "../src/readProvidersFile.ts"

const local = (more: object = {}) => ({ kind: "openai-compatible", baseUrl: "http://127.0.0.1:1/v1", ...more })
const providers = { a: local(), b: local() }
const route = (targets: ReadonlyArray<string | object>, more: object = {}) => ({
  targets: targets.map((target) => (typeof target === "string" ? { model: target } : target)),
  ...more
})

const faultsOf = (text: string) =>
  Effect.map(Effect.flip(parseProvidersFile(text)), (told) =>
    told
      .split("\n")
      .slice(1)
      .map((line) => line.trim())
  )

describe("a configuration that could not work", () => {
  const limits = (own: object, shared: object = {}) => ({ limits: shared, providers: { a: local({ limits: own }) } })
  const rows: ReadonlyArray<readonly [what: string, file: object, fault: string]> = [
    [
      "a target that is its own route",
      { routes: { r: route(["a/m", "r"]) } },
      "routes.r.targets[1].model: Expected provider/model; this is the route itself"
    ],
    [
      "a target that is another route",
      { routes: { r: route(["s"]), s: route(["a/m"]) } },
      "routes.r.targets[0].model: Expected provider/model; this is a route"
    ],
    [
      "a target that is a route by way of an alias",
      { aliases: { x: "s" }, routes: { r: route(["x"]), s: route(["a/m"]) } },
      "routes.r.targets[0].model: Expected provider/model; this is a route"
    ],
    ["a target without its provider", { routes: { r: route(["m1"]) } }, "routes.r.targets[0].model: Expected provider/model"],
    ["a target that is a provider alone", { routes: { r: route(["a/"]) } }, "routes.r.targets[0].model: Expected provider/model"],
    [
      "a target of a provider that nobody named",
      { routes: { r: route(["c/m"]) } },
      "routes.r.targets[0].model: Expected a model of a provider that this file names"
    ],
    [
      "a fallback that is a route",
      { routes: { r: route(["a/m"], { fallbacks: ["b/m", "s"] }), s: route(["a/m"]) } },
      "routes.r.fallbacks[1]: Expected provider/model; this is a route"
    ],
    [
      "the same target twice",
      { routes: { r: route(["a/m", "a/m"]) } },
      "routes.r.targets[1].model: Expected to stand once among the route's targets and fallbacks"
    ],
    [
      "a target that is a fallback too",
      { aliases: { x: "a/m" }, routes: { r: route(["a/m"], { fallbacks: ["x"] }) } },
      "routes.r.fallbacks[0]: Expected to stand once among the route's targets and fallbacks"
    ],
    [
      "weights of 0 alone",
      {
        routes: {
          r: route(
            [
              { model: "a/m", weight: 0 },
              { model: "b/m", weight: 0 }
            ],
            { strategy: "weighted" }
          )
        }
      },
      "routes.r.targets: Expected a target with a weight above 0"
    ],
    [
      "a region of no target",
      { routes: { r: route([{ model: "a/m", region: "us" }], { region: "eu" }) } },
      "routes.r.region: Expected the region of one of the targets"
    ],
    [
      "a first wait beyond the longest",
      { routes: { r: route(["a/m"], { retry: { baseMs: 9, maxMs: 8 } }) } },
      "routes.r.retry.baseMs: Expected at most maxMs, which is 8"
    ],
    [
      "a first wait beyond the longest that is the default",
      { routes: { r: route(["a/m"], { retry: { baseMs: 6_000 } }) } },
      "routes.r.retry.baseMs: Expected at most maxMs, which is 5000"
    ],
    [
      "an answer longer than the window",
      { models: { "a/m": { contextTokens: 10, maxOutputTokens: 11 } } },
      'models["a/m"].maxOutputTokens: Expected at most contextTokens, which is 10'
    ],
    [
      "a circuit that opens for longer than the longest",
      limits({ openMs: 70_000 }),
      "providers.a.limits.openMs: Expected at most maxOpenMs, which is 60000"
    ],
    [
      "a longest that is shorter than everybody's first",
      limits({ maxOpenMs: 50 }, { openMs: 60 }),
      "providers.a.limits.maxOpenMs: Expected at least openMs, which is 60"
    ],
    [
      "failures in a row beside a rate",
      limits({ breakerFailures: 3, breakerRate: 0.5 }),
      "providers.a.limits.breakerFailures: Expected no breakerRate beside it: with a rate failures in a row do not count"
    ],
    [
      "calls of a rate that is none",
      limits({ breakerRateCalls: 50 }),
      "providers.a.limits.breakerRateCalls: Expected a breakerRate, without which it says nothing"
    ],
    [
      "more calls for a rate than it is of",
      limits({ breakerRate: 0.5, breakerRateMinCalls: 200 }),
      "providers.a.limits.breakerRateMinCalls: Expected at most breakerRateCalls, which is 100"
    ],
    [
      "a floor above the most",
      limits({ maxConcurrent: 4, minConcurrent: 5 }),
      "providers.a.limits.minConcurrent: Expected at most maxConcurrent, which is 4"
    ]
  ]
  it.effect.each(rows)("%s", ([, file, fault]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* faultsOf(JSON.stringify({ providers, ...file })), [fault])
    })
  )

  it.effect("is told the faults of shape and of sense together, also beside parts that cannot be read", () =>
    Effect.gen(function* () {
      const file = {
        provider: {},
        providers: { ...providers, groq: { kind: "grog" } },
        routes: { r: route(["r"]), broken: { targets: [] }, s: route(["a/m", "broken", "groq/x"]) },
        models: { "a/m": { contextTokens: 1, maxOutputTokens: 2 }, "b/m": { contextTokens: 0 } },
        aliases: { fast: "zzz/x" }
      }
      const told = yield* faultsOf(JSON.stringify(file))
      const paths = told.map((line) => line.slice(0, line.indexOf(": ")))
      assert.sameMembers(paths, [
        "provider",
        "providers.groq.kind",
        "routes.broken.targets",
        'models["b/m"].contextTokens',
        "aliases.fast",
        "routes.r.targets[0].model",
        "routes.s.targets[1].model",
        'models["a/m"].maxOutputTokens'
      ])
    })
  )

  it.effect("is told names that stand twice, of which the first would have been lost in silence", () =>
    Effect.gen(function* () {
      const text = `{"providers": {"a": ${JSON.stringify(local())}, "\\u0061": ${JSON.stringify(local())}}, "aliases": {"x": "a/m", "x": "zzz/m"}}`
      assert.deepStrictEqual(yield* faultsOf(text), [
        "providers.a: Expected to stand once; the later one would win",
        "aliases.x: Expected to stand once; the later one would win",
        "aliases.x: Expected a model of a provider that this file names; zzz/m is of none"
      ])
    })
  )
})

describe("a configuration that works", () => {
  it.effect.each([
    ["a route with a model's own name, which is one of its targets", { routes: { "a/m": route(["a/m", "b/m"]) } }],
    ["an alias as a target, and one that is a route", { aliases: { x: "a/m", y: "r" }, routes: { r: route(["x", "b/m"]) } }],
    ["one weight of 0", { routes: { r: route([{ model: "a/m", weight: 0 }, "b/m"]) } }],
    ["a longest wait that is shorter than the default first", { routes: { r: route(["a/m"], { retry: { maxMs: 100 } }) } }],
    [
      "breakers of all and of one",
      {
        limits: { breakerFailures: 9, openMs: 1_000, maxOpenMs: 9_000, maxHoldMs: 60_000, probeEveryMs: 0 },
        providers: { a: local({ limits: { breakerRate: 0.5, breakerRateCalls: 50, breakerRateMinCalls: 10 } }) }
      }
    ]
  ] as const)("%s", ([, file]) =>
    Effect.gen(function* () {
      yield* parseProvidersFile(JSON.stringify({ providers, ...file }))
    })
  )
})

describe("names that stand twice", () => {
  it.each([
    ["none in lists, texts and other objects", '{"a": [{"x": 1}, {"x": "\\"x\\": {"}, "x", "x"], "b": {"a": {"a": null}}}', []],
    ["in an object of a list", '[0, [1, {"x": 1, "y": [2], "x": 3}]]', [[1, 1, "x"]]],
    ["three times", '{"x": 1, "x": 2, "x": {"x": 3}}', [["x"], ["x"]]],
    ["by another spelling", '{"\\n": 1, "\\u000a" : 2}', [["\n"]]],
    ["empty ones", '{"": {"": 1, "": 2}}', [["", ""]]]
  ])("%s", (_what, text, paths) => {
    assert.deepStrictEqual(
      duplicateKeys(text).map(({ path }) => path),
      paths
    )
  })
})
