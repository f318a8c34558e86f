/** What circuits and routes cost a call, what hedging does about a target that is slow now and then, and how fast an answer goes on after a cut. */
import { startChild } from "../harness/Child.ts"
import type { Child, Message } from "../harness/Child.ts"
import { loadCore, serverCore } from "../harness/Machine.ts"
import type { Options } from "../harness/Options.ts"
import { tellProgress } from "../harness/Progress.ts"
import type { Report } from "../harness/Report.ts"
import { medianOf } from "../harness/Statistics.ts"
import type { RoutingLoad } from "../load/routingLoad.ts"
import { routeName, startParleyWithRoute } from "../servers/parleyWithRoute.ts"

const paths = ["bare", "circuit", "route", "hedge"] as const
const names = {
  bare: "the provider's client alone",
  circuit: "a model without a route",
  route: "a route over two targets",
  hedge: "the same with hedging"
}

/** So few that calls wait for the upstream and not for each other. */
const slowConcurrency = 16
/** `unsteady`: one answer in 25 begins a second late. `slow`: all of them. */
const slowCases = {
  "both healthy": { path: "route", strategy: "weighted", models: ["steady", "steady"] },
  "both healthy, hedged": { path: "hedge", strategy: "weighted", models: ["steady", "steady"] },
  "one slow now and then": { path: "route", strategy: "weighted", models: ["steady", "unsteady"] },
  "one slow now and then, hedged": { path: "hedge", strategy: "weighted", models: ["steady", "unsteady"] },
  "one always slow": { path: "route", strategy: "weighted", models: ["steady", "slow"] },
  "one always slow, hedged": { path: "hedge", strategy: "weighted", models: ["steady", "slow"] },
  "one always slow, hedged, by lowest latency": { path: "hedge", strategy: "lowest-latency", models: ["steady", "slow"] }
} as const satisfies Record<string, Pick<RoutingLoad, "path" | "strategy" | "models">>

type Found = Message & Record<string, unknown>

export const routing = async (options: Options): Promise<Report> => {
  const script = (path: string) => new URL(path, import.meta.url).pathname
  const children: Array<Child> = []
  const start = async (name: string, path: string, core: number): Promise<Child> => {
    const child = await startChild({ name, script: script(path), core })
    children.push(child)
    return child
  }
  try {
    const mock = await start("upstream", "../servers/mockUpstream.ts", loadCore)
    const unsteady = await start("unsteady upstream", "../servers/unsteadyUpstream.ts", loadCore)
    const load = await start("calls", "../load/routingLoad.ts", serverCore)
    const ask = async (more: Partial<RoutingLoad>): Promise<Record<string, number>> => {
      const message: RoutingLoad = {
        type: "run",
        port: mock.port,
        path: "route",
        models: ["gpt-burst-8", "gpt-burst-8"],
        strategy: "priority",
        isStream: true,
        concurrency: 1,
        seconds: options.seconds,
        ...more
      }
      const { type: _type, ...result } = await load.ask(message, "result")
      return Object.fromEntries(Object.entries(result).map(([key, value]) => [key, Number(value)]))
    }
    const wants = (name: string) => options.only.length === 0 || options.only.includes(name)
    const sections: Array<Report["sections"][number]> = []
    const targets: Array<Report["targets"][number]> = []

    for (const isStream of [false, true]) {
      const kind = isStream ? "stream" : "plain"
      if (!wants(kind)) continue
      const rows: Array<Record<string, string | number>> = []
      for (const concurrency of [1, 64]) {
        const rounds = new Map(paths.map((path) => [path, new Array<Record<string, number>>()]))
        for (let round = 0; round < options.rounds; round++) {
          tellProgress(`${kind}, ${concurrency} in flight`, round, options.rounds)
          for (const path of paths) rounds.get(path)?.push(await ask({ path, isStream, concurrency }))
        }
        const found = new Map([...rounds].map(([path, all]) => [path, medianOf(all)]))
        const at = (path: (typeof paths)[number], field: string): number => found.get(path)?.[field] ?? Number.NaN
        for (const path of paths) {
          rows.push({
            "": `c = ${concurrency}: ${names[path]}`,
            "CPU µs": at(path, "cpuMicros"),
            "over the client alone": at(path, "cpuMicros") - at("bare", "cpuMicros"),
            "p50 ms": at(path, "p50Ms"),
            "p99 ms": at(path, "p99Ms")
          })
        }
        targets.push({
          name: `${kind}, ${concurrency} in flight: CPU that a route adds to a call`,
          asked: 15,
          bound: "at most",
          measured: at("route", "cpuMicros") - at("bare", "cpuMicros"),
          unit: "µs"
        })
      }
      sections.push({ title: isStream ? "a stream of 8 tokens" : "an answer that is not streamed", rows })
    }

    if (wants("slow")) {
      const found = new Map<string, Record<string, number>>()
      for (const [name, slow] of Object.entries(slowCases)) {
        const rounds: Array<Record<string, number>> = []
        for (let round = 0; round < options.rounds; round++) {
          tellProgress(name, round, options.rounds)
          rounds.push(await ask({ ...slow, port: unsteady.port, concurrency: slowConcurrency, seconds: options.seconds * 6 }))
        }
        found.set(name, medianOf(rounds))
      }
      const p99 = (name: keyof typeof slowCases): number => found.get(name)?.["p99Ms"] ?? Number.NaN
      sections.push({
        title: "to the first token, of two targets that begin after 40 ms in the median and a log-normal spread (sigma 0.5)",
        rows: [...found].map(([name, { p50Ms = Number.NaN, p99Ms = Number.NaN }]) => ({
          "": name,
          "p50 ms": p50Ms,
          "p99 ms": p99Ms,
          "p99 against healthy": p99Ms / p99("both healthy")
        }))
      })
      targets.push({
        name: "p99 with hedging against healthy targets, one slow now and then",
        asked: 1.3,
        bound: "at most",
        measured: p99("one slow now and then, hedged") / p99("both healthy"),
        unit: "×"
      })
    }

    if (wants("cut")) {
      const models = ["cut", "quick"]
      tellProgress("cut, at the route's sink", 0, 2)
      const inside = await ask({ type: "cut", port: unsteady.port, models })
      tellProgress("cut, at a client of /v1/chat/completions", 1, 2)
      const parley = await startParleyWithRoute(unsteady.port, models)
      children.push(parley.database, parley.server)
      const seen = await start("client", "../load/cutLoad.ts", loadCore)
        .then((client) =>
          client.ask<Found>(
            { type: "cut", port: parley.server.port, key: parley.key, model: routeName, seconds: options.seconds },
            "result"
          )
        )
        .finally(parley.removeFiles)
      const row = (name: string, found: Record<string, unknown>, what: "switch" | "spoke") => ({
        "": name,
        cuts: Number(found["cuts"]),
        "p50 ms": Number(found[`${what}P50Ms`]),
        "p99 ms": Number(found[`${what}P99Ms`])
      })
      sections.push({
        title: "after a cut in the middle of a stream",
        rows: [
          row("the switch is told, at a client of /v1/chat/completions", seen, "switch"),
          row("the next target's first word, which answers at once, there", seen, "spoke"),
          row("the switch is told, at the route's sink", inside, "switch"),
          row("the next target's first word there", inside, "spoke")
        ]
      })
      targets.push({
        name: "the switch after a cut as a client sees it, p99",
        asked: 50,
        bound: "at most",
        measured: Number(seen["switchP99Ms"]),
        unit: "ms"
      })
    }
    return {
      benchmark: "routing",
      sections,
      targets,
      notes: [
        "Calls are made inside one process, without the gateway's doors; CPU is of that process. The upstream is on the other core.",
        "What a client sees of a cut is through the gateway's own program, with the upstream and the client together on the other core."
      ]
    }
  } finally {
    for (const child of children.toReversed()) await child.stop()
  }
}
