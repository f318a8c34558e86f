/** Delivery of tokens over WebSockets through the conversation's actor: from a source inside the process, and from a provider's wire. */
import { startChild } from "../harness/Child.ts"
import type { Child } from "../harness/Child.ts"
import { loadCore } from "../harness/Machine.ts"
import { measure } from "../harness/Measure.ts"
import type { Window } from "../harness/Measure.ts"
import type { Options } from "../harness/Options.ts"
import { treeCpuMicros } from "../harness/ProcessUsage.ts"
import { tellProgress } from "../harness/Progress.ts"
import type { Report, Target } from "../harness/Report.ts"
import { medianOf } from "../harness/Statistics.ts"
import { tokenIntervalMs } from "../harness/Workload.ts"
import type { TokenLoad } from "../load/tokenLoad.ts"
import { raiseTenantBounds, startParley } from "../servers/parley.ts"

interface Case {
  readonly name: string
  readonly runs: number
  readonly kind: "steady" | "burst" | "wire"
}

const cases: ReadonlyArray<Case> = [
  ...[100, 1_000, 5_000].map((runs) => ({ name: `steady-${runs}`, runs, kind: "steady" as const })),
  ...[100, 1_000, 5_000].map((runs) => ({ name: `burst-${runs}`, runs, kind: "burst" as const })),
  { name: "wire-1000", runs: 1_000, kind: "wire" }
]

const warmupMs = 4_000
/** Tokens of a run beyond the window: for the warm-up, and on the wire for the start of all runs. */
const spareMs = { steady: warmupMs + 1_000, burst: warmupMs + 1_000, wire: warmupMs + 12_000 }

interface TokenWindow extends Window {
  readonly databaseCpu: number
  readonly snapshots: number
  readonly tokensPerFrame: number
}

export const tokens = async (options: Options): Promise<Report> => {
  const found = new Map<string, TokenWindow>()
  for (const each of cases) {
    if (options.only.length > 0 && !options.only.includes(each.name)) continue
    const rounds: Array<TokenWindow> = []
    for (let round = 0; round < options.rounds; round++) {
      tellProgress(each.name, round, options.rounds)
      rounds.push(await deliver(each, options))
    }
    found.set(each.name, medianOf(rounds))
  }
  return {
    benchmark: "tokens",
    sections: [
      {
        title: "one run a socket, 50 tokens a second each; `burst`: 4 tokens every 80 ms; `wire`: from a provider's HTTP stream",
        rows: [...found].map(([name, window]) => ({
          "": name,
          "tokens/s": window.tokensPerSecond,
          "p50 ms": window.tokenP50Ms,
          "p99 ms": window.tokenP99Ms,
          "CPU %": window.serverCpu * 100,
          "CPU µs/token": window.cpuMicrosPerToken,
          "tokens/frame": window.tokensPerFrame,
          snapshots: window.snapshots,
          "load CPU %": window.loadCpu * 100,
          "Postgres CPU %": window.databaseCpu * 100
        }))
      }
    ],
    targets: targets(found),
    notes: [
      "Latency is from the moment a token was due to the client's read of it. Every run is checked to have delivered all its tokens in order, once, and its terminal.",
      "CPU is the server's process; Postgres and the clients share the other core."
    ]
  }
}

/** A fresh database and a fresh server for each window. */
const deliver = async (each: Case, options: Options): Promise<TokenWindow> => {
  const children: Array<Child> = []
  try {
    const script = (path: string) => new URL(path, import.meta.url).pathname
    const tokensPerRun = Math.ceil((options.seconds * 1000 + spareMs[each.kind]) / tokenIntervalMs / 4) * 4
    const env: Record<string, string> = {}
    let model = `source/${each.kind}-${tokensPerRun}`
    if (each.kind === "wire") {
      const mock = await startChild({ name: "upstream", script: script("../servers/mockUpstream.ts"), core: loadCore })
      children.push(mock)
      env["OPENAI_API_KEY"] = "sk-bench"
      env["OPENAI_BASE_URL"] = `http://127.0.0.1:${mock.port}/v1`
      model = `openai/gpt-paced-${tokensPerRun}`
    }
    const { database, key, server } = await startParley({ script: script("../servers/parleyWithSource.ts"), args: [], env })
    children.push(database, server)
    await raiseTenantBounds(database)
    const generator = await startChild({ name: "load", script: script("../load/tokenLoad.ts"), core: loadCore })
    children.push(generator)
    const load: TokenLoad = {
      type: "run",
      port: server.port,
      key,
      runs: each.runs,
      model,
      tokens: tokensPerRun,
      warmupMs,
      measureMs: options.seconds * 1000
    }
    let databaseBefore = 0
    let databaseCpu = 0
    let frames = 0
    let snapshots = 0
    const window = await measure(server, generator, load, (message) => {
      if (message.type === "accepted") {
        const begun = each.kind === "wire" ? Promise.resolve() : server.ask({ type: "go" }, "gone")
        void begun.then(() => generator.tell({ type: "begun" }))
      } else if (message.type === "window") {
        databaseBefore = treeCpuMicros(database.pid)
      } else if (message.type === "counted") {
        databaseCpu = (treeCpuMicros(database.pid) - databaseBefore) / (options.seconds * 1e6)
        frames = Number(message["frames"])
        snapshots = Number(message["snapshots"])
      }
    })
    return { ...window, databaseCpu, snapshots, tokensPerFrame: (window.tokensPerSecond * options.seconds) / frames }
  } finally {
    for (const child of children.toReversed()) await child.stop()
  }
}

const targets = (found: ReadonlyMap<string, TokenWindow>): Array<Target> => {
  const list: Array<Target> = []
  const steady = found.get("steady-5000")
  const burst = found.get("burst-5000")
  const wire = found.get("wire-1000")
  for (const [name, window, asked] of [
    ["steady-5000", steady, 110],
    ["burst-5000", burst, 20]
  ] as const) {
    if (window === undefined) continue
    // 250,000 are due; a window's edges may cut off one in a thousand.
    list.push({
      name: `${name}: delivered`,
      asked: 249_750,
      bound: "at least",
      measured: window.tokensPerSecond,
      unit: "tokens/s"
    })
    list.push({ name: `${name}: p99`, asked, bound: "at most", measured: window.tokenP99Ms, unit: "ms" })
  }
  if (wire !== undefined) {
    list.push({ name: "wire-1000: CPU a token", asked: 20, bound: "at most", measured: wire.cpuMicrosPerToken, unit: "µs" })
  }
  return list
}
