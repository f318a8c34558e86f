/** `/v1/chat/completions` through Parley, a bare proxy and Portkey, in front of one mock provider that answers at once. */
import { startChild } from "../harness/Child.ts"
import type { Child } from "../harness/Child.ts"
import { loadCore, serverCore } from "../harness/Machine.ts"
import { measure } from "../harness/Measure.ts"
import type { Window } from "../harness/Measure.ts"
import type { Options } from "../harness/Options.ts"
import { tellProgress } from "../harness/Progress.ts"
import type { Report, Section, Target } from "../harness/Report.ts"
import { medianOf } from "../harness/Statistics.ts"
import { answerTokens } from "../harness/Workload.ts"
import type { HttpLoad } from "../load/httpLoad.ts"
import { startParley } from "../servers/parley.ts"
import { abortsCase, measureAborts } from "./aborts.ts"
import { startPortkey } from "../servers/portkey.ts"

interface Contestant {
  readonly name: string
  readonly server: Child
  readonly headers: Record<string, string>
}

interface Case {
  readonly name: string
  readonly model: string
  readonly stream: boolean
  readonly connections: number
  readonly rampMs: number
  /** Who is not worth asking: the mock paces itself. */
  readonly without: ReadonlyArray<string>
}

const cases: ReadonlyArray<Case> = [
  ...[32, 64].map((connections) => ({
    name: `plain-${connections}`,
    model: `gpt-burst-${answerTokens}`,
    stream: false,
    connections,
    rampMs: 0,
    without: []
  })),
  ...[32, 64].map((connections) => ({
    name: `stream-${connections}`,
    model: `gpt-burst-${answerTokens}`,
    stream: true,
    connections,
    rampMs: 0,
    without: []
  })),
  { name: "paced-500", model: `gpt-paced-${answerTokens}`, stream: true, connections: 500, rampMs: 4_000, without: [] }
]

const warmupMs = 1_500
/** Before the first round each is given so long under the case's own load, to be compiled. */
const firstWarmupMs = 4_000

const httpRequest = (contestant: Contestant, each: Pick<Case, "model" | "stream">, says = "Say hello."): string => {
  const body = JSON.stringify({
    model: each.model,
    stream: each.stream,
    messages: [
      { role: "system", content: "You are a helpful assistant." },
      { role: "user", content: says }
    ]
  })
  const headers = {
    host: `127.0.0.1:${contestant.server.port}`,
    "content-type": "application/json",
    "content-length": String(body.length),
    ...contestant.headers
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `POST /v1/chat/completions HTTP/1.1\r\n${lines.join("")}\r\n${body}`
}

const load = (contestant: Contestant, each: Case, options: Options): HttpLoad => ({
  type: "run",
  port: contestant.server.port,
  connections: each.connections,
  request: httpRequest(contestant, each),
  endsWith: each.stream ? "data: [DONE]" : "}",
  tokens: each.stream ? answerTokens : 0,
  rampMs: each.rampMs,
  warmupMs,
  measureMs: options.seconds * 1000
})

export const completions = async (options: Options): Promise<Report> => {
  const children: Array<Child> = []
  const keep = async (child: Promise<Child>): Promise<Child> => {
    const started = await child
    children.push(started)
    return started
  }
  try {
    const directory = new URL("../servers/", import.meta.url)
    const script = (name: string) => new URL(name, directory).pathname
    // The mock is asked directly on the servers' core, and stands behind the others on the load's.
    const mockAlone = await keep(startChild({ name: "mock", script: script("mockUpstream.ts"), core: serverCore }))
    const mock = await keep(startChild({ name: "upstream", script: script("mockUpstream.ts"), core: loadCore }))
    const bare = await keep(
      startChild({ name: "bare proxy", script: script("bareProxy.ts"), args: [String(mock.port)], core: serverCore })
    )
    const portkey = await keep(startPortkey())
    const parley = await startParley({
      env: { OPENAI_API_KEY: "sk-bench", OPENAI_BASE_URL: `http://127.0.0.1:${mock.port}/v1` }
    })
    children.push(parley.server, parley.database)
    const generator = await keep(
      startChild({ name: "load", script: new URL("../load/httpLoad.ts", import.meta.url).pathname, core: loadCore })
    )
    const contestants: ReadonlyArray<Contestant> = [
      { name: "mock", server: mockAlone, headers: { authorization: "Bearer mock" } },
      { name: "bare proxy", server: bare, headers: { authorization: "Bearer mock" } },
      { name: "Parley", server: parley.server, headers: { authorization: `Bearer ${parley.key}` } },
      {
        name: "Portkey",
        server: portkey,
        headers: {
          authorization: "Bearer mock",
          "x-portkey-provider": "openai",
          "x-portkey-custom-host": `http://127.0.0.1:${mock.port}/v1`
        }
      }
    ]

    const sections: Array<Section> = []
    const found = new Map<string, Map<string, Window>>()
    for (const each of cases) {
      if (options.only.length > 0 && !options.only.includes(each.name)) continue
      const rounds = new Map<string, Array<Window>>()
      for (const contestant of contestants) {
        if (each.without.includes(contestant.name)) continue
        await measure(contestant.server, generator, { ...load(contestant, each, options), measureMs: firstWarmupMs })
      }
      for (let round = 0; round < options.rounds; round++) {
        tellProgress(each.name, round, options.rounds)
        for (const contestant of contestants) {
          if (each.without.includes(contestant.name)) continue
          const window = await measure(contestant.server, generator, load(contestant, each, options))
          rounds.set(contestant.name, [...(rounds.get(contestant.name) ?? []), window])
        }
      }
      const medians = new Map([...rounds].map(([name, windows]) => [name, medianOf(windows)]))
      found.set(each.name, medians)
      sections.push({ title: title(each), rows: rows(each, medians) })
    }
    const measured = targets(found)
    if (options.only.length === 0 || options.only.includes(abortsCase)) {
      // Portkey is not asked: whether it leaves its provider at all is not the question.
      const stream = { model: `gpt-paced-${answerTokens}`, stream: true }
      const abortable = contestants
        .filter(({ name }) => name !== "Portkey")
        .map((contestant) => ({
          name: contestant.name,
          server: contestant.server,
          upstream: contestant.server === mockAlone ? mockAlone : mock,
          request: (id: string) => httpRequest(contestant, stream, `Say hello. #${id}`)
        }))
      const { section, target } = await measureAborts(abortable, options)
      sections.push(section)
      measured.push(target)
    }
    return { benchmark: "completions", sections, targets: measured, notes }
  } finally {
    for (const child of children.toReversed()) await child.stop()
  }
}

const title = (each: Case): string =>
  each.rampMs > 0
    ? `${each.name}: ${each.connections} streams of ${answerTokens} tokens at 50 a second`
    : `${each.name}: ${each.stream ? `${answerTokens} chunks, ` : "not streaming, "}${each.connections} in flight`

const rows = (each: Case, medians: ReadonlyMap<string, Window>): Section["rows"] => {
  const bare = medians.get("bare proxy")
  return [...medians].map(([name, window]) =>
    each.rampMs > 0
      ? {
          "": name,
          "tokens/s": window.tokensPerSecond,
          "CPU µs/token": window.cpuMicrosPerToken,
          "× bare": window.cpuMicrosPerToken / (bare?.cpuMicrosPerToken ?? Number.NaN),
          "server CPU": window.serverCpu,
          "load CPU": window.loadCpu,
          "token p50 ms": window.tokenP50Ms,
          "token p99 ms": window.tokenP99Ms
        }
      : {
          "": name,
          "requests/s": window.requestsPerSecond,
          "of bare": window.requestsPerSecond / (bare?.requestsPerSecond ?? Number.NaN),
          "CPU µs/request": window.cpuMicrosPerRequest,
          "× bare": window.cpuMicrosPerRequest / (bare?.cpuMicrosPerRequest ?? Number.NaN),
          "server CPU": window.serverCpu,
          "load CPU": window.loadCpu,
          "p50 ms": window.p50Ms,
          "p99 ms": window.p99Ms
        }
  )
}

const targets = (found: ReadonlyMap<string, ReadonlyMap<string, Window>>): Array<Target> => {
  const list: Array<Target> = []
  for (const [name, medians] of found) {
    const parley = medians.get("Parley")
    const bare = medians.get("bare proxy")
    const portkey = medians.get("Portkey")
    if (parley === undefined || bare === undefined || portkey === undefined) continue
    const throughput = parley.requestsPerSecond / portkey.requestsPerSecond
    if (name.startsWith("plain")) {
      const cpu = parley.cpuMicrosPerRequest / bare.cpuMicrosPerRequest
      list.push({ name: `${name}: CPU a request`, asked: 1, bound: "at most", measured: cpu, unit: "× bare proxy" })
      list.push({ name: `${name}: throughput`, asked: 6, bound: "at least", measured: throughput, unit: "× Portkey" })
    } else if (name.startsWith("stream")) {
      list.push({ name: `${name}: throughput`, asked: 8, bound: "at least", measured: throughput, unit: "× Portkey" })
    } else {
      const cpu = parley.cpuMicrosPerToken / bare.cpuMicrosPerToken
      list.push({ name: `${name}: CPU a token`, asked: 1.2, bound: "at most", measured: cpu, unit: "× bare proxy" })
    }
  }
  return list
}

const notes = [
  "CPU is user + system of the server's process with all its threads, in cores where it says so. Parley runs as `parley serve` with auth, admission and metering on; its Postgres runs on the load's core."
]
