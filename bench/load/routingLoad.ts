/** Calls of models as the gateway's inside makes them, without its doors: so what a circuit and a route cost is not lost among everything else. */
import { defaultLimits } from "@parley/providers/ProviderLimits"
import { Providers } from "@parley/providers/Providers"
import type { ProvidersConfig } from "@parley/providers/Providers"
import { vendorSource } from "@parley/providers/catalog/vendorSource"
import type { RouteConfig } from "@parley/providers/routing/Route"
import type { ModelSink } from "@parley/domain/ModelProvider"
import type { ModelRequest } from "@parley/domain/ModelRequest"
import { Context, Effect, Layer } from "effect"
import type { Scope } from "effect"
import { Histogram } from "../harness/Statistics.ts"
import { microsIn, nowMicros } from "../harness/Token.ts"
import type { Message } from "../harness/Child.ts"
import { CutTimes } from "./CutTimes.ts"

export interface RoutingLoad extends Message {
  readonly type: "run" | "cut"
  readonly port: number
  /** `bare`: the provider's client alone. `circuit`: a model without a route. The others: two targets. */
  readonly path: "bare" | "circuit" | "route" | "hedge"
  readonly models: ReadonlyArray<string>
  readonly strategy: "priority" | "weighted" | "lowest-latency"
  readonly isStream: boolean
  readonly concurrency: number
  readonly seconds: number
}

const price = { input: 1.25, cachedInput: 0.125, output: 10 }
const request: ModelRequest = {
  model: "",
  messages: [{ role: "user", content: [{ type: "text", text: "Say hello." }] }],
  parameters: {}
}

type Ask = (sink: ModelSink) => Effect.Effect<unknown, unknown>

const askOf = (load: RoutingLoad): Effect.Effect<Ask, never, Scope.Scope> =>
  Effect.gen(function* () {
    const baseUrl = `http://127.0.0.1:${load.port}/v1`
    const configured = load.models.map((_, n) => ({ id: `target-${n}`, kind: "openai-compatible" as const, baseUrl }))
    const targets = load.models.map((model, n) => ({ model: `target-${n}/${model}` }))
    const [first] = configured
    const [name] = targets
    if (first === undefined || name === undefined) throw new Error("no targets")
    if (load.path === "bare") {
      const provider = yield* vendorSource(first, defaultLimits).make
      const asked = { ...request, model: load.models[0] ?? "" }
      return (sink) => (load.isStream ? provider.stream(asked, sink) : provider.complete(asked))
    }
    const route: RouteConfig = {
      targets,
      strategy: load.strategy,
      ...(load.path === "hedge" ? { hedge: { minMs: 30 } } : {})
    }
    const config: ProvidersConfig = {
      configured,
      models: Object.fromEntries(targets.map(({ model }) => [model, { price }])),
      routes: { best: route },
      // Every call is to break off in the middle, not to be held back after five.
      limits: { breakerFailures: load.type === "cut" ? 1_000_000 : 5 }
    }
    const providers = Context.get(yield* Layer.build(Providers.layer(config)), Providers)
    const model = yield* Effect.orDie(providers.resolve(load.path === "circuit" ? name.model : "best"))
    return (sink) => (load.isStream ? model.stream(request, sink) : model.complete(request))
  })

const run = (load: RoutingLoad) =>
  Effect.scoped(
    Effect.gen(function* () {
      const ask = yield* askOf(load)
      const latencies = new Histogram()
      let requests = 0
      const phase = (seconds: number) =>
        Effect.suspend(() => {
          latencies.clear()
          requests = 0
          const until = nowMicros() + seconds * 1e6
          const worker = Effect.gen(function* () {
            while (nowMicros() < until) {
              const begun = nowMicros()
              let first = 0
              yield* ask(() => {
                first ||= nowMicros()
              })
              latencies.add((first || nowMicros()) - begun)
              requests++
            }
          })
          return Effect.all(
            Array.from({ length: load.concurrency }, () => worker),
            { concurrency: "unbounded", discard: true }
          )
        })
      yield* phase(Math.min(1, load.seconds / 2))
      const before = process.cpuUsage()
      yield* phase(load.seconds)
      const { system, user } = process.cpuUsage(before)
      return {
        type: "result",
        requests,
        cpuMicros: (user + system) / requests,
        p50Ms: latencies.percentileMs(50),
        p99Ms: latencies.percentileMs(99)
      }
    })
  )

/** From the moment at which the first target broke off, as its last word tells, to the switch and to the next target's first word. */
const cut = (load: RoutingLoad) =>
  Effect.scoped(
    Effect.gen(function* () {
      const ask = yield* askOf(load)
      const times = new CutTimes()
      const until = nowMicros() + load.seconds * 1e6
      while (nowMicros() < until) {
        let cutAt = 0
        let isOver = false
        yield* ask((events) => {
          for (const event of events) {
            if (event.type === "text-delta" && isOver) {
              isOver = false
              times.spoke.add(nowMicros() - cutAt)
            } else if (event.type === "text-delta") cutAt = microsIn(event.text) ?? cutAt
            else if (event.type === "provider-switch") {
              isOver = true
              times.switched.add(nowMicros() - cutAt)
            }
          }
        })
      }
      return times.result()
    })
  )

process.on("message", (load: RoutingLoad) => {
  const done: Promise<object> = load.type === "cut" ? Effect.runPromise(cut(load)) : Effect.runPromise(run(load))
  done.then(
    (result) => process.send?.(result),
    (error: unknown) => process.send?.({ type: "failure", message: String(error) })
  )
})
process.send?.({ type: "ready", port: 0 })
