/** What it costs that conversations live in another process: tokens from a runner through a gateway, the first token, and gateways on one port. */
import { startChild } from "../harness/Child.ts"
import type { Child } from "../harness/Child.ts"
import { loadCore, machine } from "../harness/Machine.ts"
import { measure } from "../harness/Measure.ts"
import type { Options } from "../harness/Options.ts"
import { cpuMicros } from "../harness/ProcessUsage.ts"
import { tellProgress } from "../harness/Progress.ts"
import type { Report, Section, Target } from "../harness/Report.ts"
import { medianOf } from "../harness/Statistics.ts"
import { tokenIntervalMs } from "../harness/Workload.ts"
import type { FirstTokenLoad } from "../load/firstTokenLoad.ts"
import type { HttpLoad } from "../load/httpLoad.ts"
import type { TokenLoad } from "../load/tokenLoad.ts"
import { startCluster, startGateways } from "../servers/cluster.ts"
import { key, raiseTenantBounds, startDatabase, startParley } from "../servers/parley.ts"

const script = (path: string) => new URL(path, import.meta.url).pathname
const warmupMs = 4_000
const spareMs = warmupMs + 1_000
/** Concurrent runs of the case `tokens`. */
const runs = 1_000
const warmups = 100
const sendsPerSecond = 100
const connections = 64
/** Fewer cores cannot show what a second process adds: load, provider and both need one each. */
const coresForTwo = 4

type Found = Record<string, number>
type Keep = (child: Promise<Child>) => Promise<Child>

interface Case {
  readonly name: string
  readonly measure: (options: Options, keep: Keep) => Promise<Found>
  readonly section: (found: Found) => Section
  readonly targets: (found: Found) => ReadonlyArray<Target>
}

const at = (found: Found, name: string): number => found[name] ?? Number.NaN

/** The same load against `serve`, and against a gateway with a runner. */
const tokens: Case = {
  name: "tokens",
  measure: async (options, keep) => {
    const perRun = Math.ceil((options.seconds * 1_000 + spareMs) / tokenIntervalMs)
    const load = (port: number): TokenLoad => ({
      type: "run",
      port,
      key,
      runs,
      model: `source/steady-${perRun}`,
      tokens: perRun,
      warmupMs,
      measureMs: options.seconds * 1_000
    })
    const generator = () => keep(startChild({ name: "load", script: script("../load/tokenLoad.ts"), core: loadCore }))

    const local = await startParley({ script: script("../servers/parleyWithSource.ts"), args: [] })
    await keep(Promise.resolve(local.database))
    await keep(Promise.resolve(local.server))
    await raiseTenantBounds(local.database)
    const begin = (source: Child, load: Child) => (message: { readonly type: string }) => {
      if (message.type === "accepted") void source.ask({ type: "go" }, "gone").then(() => load.tell({ type: "begun" }))
    }
    const localLoad = await generator()
    const alone = await measure(local.server, localLoad, load(local.server.port), begin(local.server, localLoad))
    for (const child of [localLoad, local.server, local.database]) await child.stop()

    const { database, gateway, runner } = await startCluster({ env: {}, runner: script("../servers/runnerWithSource.ts"), keep })
    await raiseTenantBounds(database)
    const remoteLoad = await generator()
    let runnerBefore = 0
    let runnerMicros = 0
    let frames = 0
    let snapshots = 0
    const remote = await measure(gateway, remoteLoad, load(gateway.port), (message) => {
      begin(runner, remoteLoad)(message)
      if (message.type === "window") runnerBefore = cpuMicros(runner.pid)
      if (message.type !== "counted") return
      runnerMicros = cpuMicros(runner.pid) - runnerBefore
      frames = Number(message["frames"])
      snapshots = Number(message["snapshots"])
    })
    const counted = remote.tokensPerSecond * options.seconds
    return {
      localRate: alone.tokensPerSecond,
      localMicros: alone.cpuMicrosPerToken,
      localP50: alone.tokenP50Ms,
      localP99: alone.tokenP99Ms,
      remoteRate: remote.tokensPerSecond,
      gatewayMicros: remote.cpuMicrosPerToken,
      runnerMicros: runnerMicros / counted,
      remoteP50: remote.tokenP50Ms,
      remoteP99: remote.tokenP99Ms,
      tokensPerFrame: counted / frames,
      snapshots
    }
  },
  section: (found) => ({
    title: `${runs} runs of 50 tokens a second, one run a socket`,
    rows: [
      {
        "": "one process",
        "tokens/s": at(found, "localRate"),
        "CPU µs/token": at(found, "localMicros"),
        "runner µs/token": "",
        "p50 ms": at(found, "localP50"),
        "p99 ms": at(found, "localP99"),
        "tokens/frame": "",
        snapshots: ""
      },
      {
        "": "gateway and runner",
        "tokens/s": at(found, "remoteRate"),
        "CPU µs/token": at(found, "gatewayMicros"),
        "runner µs/token": at(found, "runnerMicros"),
        "p50 ms": at(found, "remoteP50"),
        "p99 ms": at(found, "remoteP99"),
        "tokens/frame": at(found, "tokensPerFrame"),
        snapshots: at(found, "snapshots")
      }
    ]
  }),
  targets: (found) => [
    { name: "gateway CPU a remote token", asked: 30, bound: "at most", measured: at(found, "gatewayMicros"), unit: "µs" }
  ]
}

const firstToken: Case = {
  name: "first-token",
  measure: async (options, keep) => {
    const mock = await keep(startChild({ name: "upstream", script: script("../servers/mockUpstream.ts") }))
    const env = { OPENAI_API_KEY: "sk-bench", OPENAI_BASE_URL: `http://127.0.0.1:${mock.port}/v1` }
    const ask = async (port: number) => {
      const generator = await startChild({ name: "load", script: script("../load/firstTokenLoad.ts") })
      const load: FirstTokenLoad = {
        type: "run",
        port,
        key,
        mockPort: mock.port,
        model: "gpt-prompt-8",
        warmups,
        sends: Math.round(options.seconds * sendsPerSecond)
      }
      try {
        const { parleyP50, parleyP99 } = await generator.ask(load, "result")
        return { p50: Number(parleyP50), p99: Number(parleyP99) }
      } finally {
        await generator.stop()
      }
    }
    const alone = await startParley({ env, placement: "anywhere" })
    const local = await ask(alone.server.port).finally(() => alone.server.stop().then(alone.database.stop))
    const { gateway } = await startCluster({ env, keep, placement: "anywhere" })
    const remote = await ask(gateway.port)
    return { localP50: local.p50, localP99: local.p99, remoteP50: remote.p50, remoteP99: remote.p99 }
  },
  section: (found) => ({
    title: "from send to the first token on the socket, one send at a time",
    rows: [
      { "": "one process", "p50 ms": at(found, "localP50"), "p99 ms": at(found, "localP99") },
      { "": "gateway and runner", "p50 ms": at(found, "remoteP50"), "p99 ms": at(found, "remoteP99") }
    ]
  }),
  targets: (found) => [
    {
      name: "first token, p50 over one process's",
      asked: 5,
      bound: "at most",
      measured: at(found, "remoteP50") - at(found, "localP50"),
      unit: "ms"
    }
  ]
}

const gateways: Case = {
  name: "gateways",
  measure: async (options, keep) => {
    const mock = await keep(startChild({ name: "upstream", script: script("../servers/mockUpstream.ts") }))
    const database = await keep(startDatabase())
    const env = { OPENAI_API_KEY: "sk-bench", OPENAI_BASE_URL: `http://127.0.0.1:${mock.port}/v1` }
    const body = JSON.stringify({ model: "openai/gpt-plain", messages: [{ role: "user", content: "Say hello." }] })
    const ask = async (processes: number) => {
      const server = await startGateways({ processes, env, database })
      if (processes === 1) await raiseTenantBounds(database)
      const generator = await startChild({ name: "load", script: script("../load/httpLoad.ts") })
      const load: HttpLoad = {
        type: "run",
        port: server.port,
        connections,
        request: `POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1:${server.port}\r\nauthorization: Bearer ${key}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
        endsWith: "}",
        tokens: 0,
        rampMs: 0,
        warmupMs,
        measureMs: options.seconds * 1_000
      }
      try {
        return (await measure(server, generator, load)).requestsPerSecond
      } finally {
        await generator.stop()
        await server.stop()
      }
    }
    return { one: await ask(1), two: await ask(2) }
  },
  section: (found) => ({
    title: `non-streaming completions, ${connections} connections; ${machine.cores} cores for gateways, provider and load together`,
    rows: [
      { "": "one gateway process", "requests/s": at(found, "one"), ratio: 1 },
      { "": "two on one port", "requests/s": at(found, "two"), ratio: at(found, "two") / at(found, "one") }
    ]
  }),
  targets: (found) =>
    machine.cores < coresForTwo
      ? []
      : [
          {
            name: "two gateway processes against one",
            asked: 1.7,
            bound: "at least",
            measured: at(found, "two") / at(found, "one"),
            unit: "×"
          }
        ]
}

export const cluster = async (options: Options): Promise<Report> => {
  const sections: Array<Section> = []
  const targets: Array<Target> = []
  for (const each of [tokens, firstToken, gateways]) {
    if (options.only.length > 0 && !options.only.includes(each.name)) continue
    const rounds: Array<Found> = []
    for (let round = 0; round < options.rounds; round++) {
      tellProgress(each.name, round, options.rounds)
      rounds.push(await alone(options, each))
    }
    const found = medianOf(rounds)
    sections.push(each.section(found))
    targets.push(...each.targets(found))
  }
  return {
    benchmark: "cluster",
    sections,
    targets,
    notes: [
      "Tokens: the gateway (or the one process) has a core; the runner, Postgres, the provider and the clients share the other, so the runner's latency is an upper bound. First token: one send at a time, every process where the system puts it.",
      `What a second gateway process adds is judged from ${coresForTwo} cores on. Times to recover are told by the drills.`
    ]
  }
}

/** With processes of its own, all ended after it. */
const alone = async (options: Options, each: Case): Promise<Found> => {
  const children: Array<Child> = []
  try {
    return await each.measure(options, async (starting) => {
      const child = await starting
      children.push(child)
      return child
    })
  } finally {
    for (const child of children.toReversed()) await child.stop()
  }
}
