/** What circuits and routes cost a call, what hedging does about a target that is slow now and then, and how fast an answer goes on after a cut. */
import { startChild } from "../harness/Child.ts"
import type { Child } from "../harness/Child.ts"
import { loadCore, serverCore } from "../harness/Machine.ts"
import type { Options } from "../harness/Options.ts"
import type { Report } from "../harness/Report.ts"
import { medianOf } from "../harness/Statistics.ts"
import type { RoutingLoad } from "../load/routingLoad.ts"

const paths = ["bare", "circuit", "route", "hedge"] as const
const names = {
  bare: "the provider's client alone",
  circuit: "a model without a route",
  route: "a route over two targets",
  hedge: "the same with hedging"
}

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
        if (concurrency === 64) {
          const added = at("route", "cpuMicros") - at("bare", "cpuMicros")
          targets.push({
            name: `${kind}: CPU that a route adds to a call`,
            asked: 15,
            bound: "at most",
            measured: added,
            unit: "µs"
          })
        }
      }
      sections.push({ title: isStream ? "a stream of 8 tokens" : "an answer that is not streamed", rows })
    }

    if (wants("slow")) {
      const slow = { port: unsteady.port, strategy: "weighted", concurrency: 8, seconds: options.seconds * 4 } as const
      const cases = {
        "both healthy": await ask({ ...slow, models: ["steady", "steady"] }),
        "one slow now and then": await ask({ ...slow, models: ["steady", "unsteady"] }),
        "the same with hedging": await ask({ ...slow, path: "hedge", models: ["steady", "unsteady"] })
      }
      sections.push({
        title: "to the first token, two targets by weight; one answer in 25 of the slow one begins a second late",
        rows: Object.entries(cases).map(([name, found]) => ({
          "": name,
          "p50 ms": found["p50Ms"] ?? Number.NaN,
          "p99 ms": found["p99Ms"] ?? Number.NaN
        }))
      })
      const ratio = (cases["the same with hedging"]["p99Ms"] ?? Number.NaN) / (cases["both healthy"]["p99Ms"] ?? Number.NaN)
      targets.push({ name: "p99 with hedging against healthy targets", asked: 1.3, bound: "at most", measured: ratio, unit: "×" })
    }

    if (wants("cut")) {
      const found = await ask({ type: "cut", port: unsteady.port, models: ["cut", "quick"] })
      const at = (field: string): number => found[field] ?? Number.NaN
      sections.push({
        title: `after a cut in the middle of a stream (${at("cuts")} cuts)`,
        rows: [
          { "": "the switch is told", "p50 ms": at("switchP50Ms"), "p99 ms": at("switchP99Ms") },
          { "": "the next target's first word, which answers at once", "p50 ms": at("spokeP50Ms"), "p99 ms": at("spokeP99Ms") }
        ]
      })
      targets.push({ name: "the switch after a cut, p99", asked: 50, bound: "at most", measured: at("switchP99Ms"), unit: "ms" })
    }
    return {
      benchmark: "routing",
      sections,
      targets,
      notes: [
        "Calls are made inside one process, without the gateway's doors; CPU is of that process. The upstream is on the other core."
      ]
    }
  } finally {
    for (const child of children.toReversed()) await child.stop()
  }
}
