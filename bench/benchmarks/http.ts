/** A typed POST and GET through HttpApi: on Parley's server, on @effect/platform-node's, and without any of it on raw uWebSockets. */
import { startChild } from "../harness/Child.ts"
import type { Child } from "../harness/Child.ts"
import { loadCore, serverCore } from "../harness/Machine.ts"
import { measure } from "../harness/Measure.ts"
import type { Window } from "../harness/Measure.ts"
import type { Options } from "../harness/Options.ts"
import { tellProgress } from "../harness/Progress.ts"
import type { Report, Section, Target } from "../harness/Report.ts"
import { medianOf } from "../harness/Statistics.ts"
import type { HttpLoad } from "../load/httpLoad.ts"
import { sample } from "../servers/typedApi.ts"

const contestants = [
  { name: "raw uWebSockets", script: "httpRaw.ts" },
  { name: "Parley", script: "httpParley.ts" },
  { name: "platform-node", script: "httpPlatformNode.ts" }
]
const connections = 64
const warmupMs = 1_500
/** Before the first round each is given so long under the case's own load, to be compiled. */
const firstWarmupMs = 3_000

const cases = [
  { name: "GET", asked: 1.8, request: (port: number) => `GET /notes/7 HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n\r\n` },
  {
    name: "POST",
    asked: 2.2,
    request: (port: number) => {
      const body = JSON.stringify(sample)
      return `POST /notes HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`
    }
  }
]

const load = (server: Child, request: string, options: Options): HttpLoad => ({
  type: "run",
  port: server.port,
  connections,
  request,
  endsWith: '"pinned":true}',
  tokens: 0,
  rampMs: 0,
  warmupMs,
  measureMs: options.seconds * 1000
})

export const http = async (options: Options): Promise<Report> => {
  const servers: Array<Child> = []
  const start = (name: string, path: string, core: number) =>
    startChild({ name, script: new URL(path, import.meta.url).pathname, core }).then((child) => {
      servers.push(child)
      return child
    })
  try {
    const generator = await start("load", "../load/httpLoad.ts", loadCore)
    const compared: Array<Child> = []
    for (const { name, script } of contestants) compared.push(await start(name, `../servers/${script}`, serverCore))
    await sameAnswers(compared)

    const sections: Array<Section> = []
    const targets: Array<Target> = []
    for (const each of cases) {
      if (options.only.length > 0 && !options.only.includes(each.name)) continue
      const rounds = new Map<string, Array<Window>>(compared.map((server) => [server.name, []]))
      for (const server of compared) {
        await measure(server, generator, { ...load(server, each.request(server.port), options), measureMs: firstWarmupMs })
      }
      for (let round = 0; round < options.rounds; round++) {
        tellProgress(each.name, round, options.rounds)
        for (const server of compared) {
          rounds.get(server.name)?.push(await measure(server, generator, load(server, each.request(server.port), options)))
        }
      }
      const medians = new Map([...rounds].map(([name, windows]) => [name, medianOf(windows)]))
      const raw = medians.get("raw uWebSockets")
      const ours = medians.get("Parley")
      if (raw === undefined || ours === undefined) continue
      sections.push({ title: `${each.name}, ${connections} connections`, rows: rows(medians, raw) })
      targets.push({
        name: `${each.name}: CPU a request`,
        asked: each.asked,
        bound: "at most",
        measured: ours.cpuMicrosPerRequest / raw.cpuMicrosPerRequest,
        unit: "× raw"
      })
    }
    return { benchmark: "http", sections, targets, notes }
  } finally {
    for (const server of servers) await server.stop()
  }
}

/** What is compared must do the same work: the same bodies, and a refusal of what does not fit where there are types. */
const sameAnswers = async (compared: ReadonlyArray<Child>): Promise<void> => {
  const post = (port: number, body: unknown) =>
    fetch(`http://127.0.0.1:${port}/notes`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body)
    })
  const answers = await Promise.all(
    compared.map(async ({ port }) => {
      const read = await fetch(`http://127.0.0.1:${port}/notes/7`)
      const created = await post(port, sample)
      return `${read.status} ${await read.text()} ${created.status} ${await created.text()}`
    })
  )
  if (new Set(answers).size !== 1) throw new Error(`the answers differ:\n${answers.join("\n")}`)
  for (const server of compared.slice(1)) {
    const refused = await post(server.port, { ...sample, title: 1 })
    if (refused.status !== 400) throw new Error(`${server.name} answers a wrong body with ${refused.status}`)
  }
}

const rows = (medians: ReadonlyMap<string, Window>, raw: Window): Section["rows"] =>
  [...medians].map(([name, window]) => ({
    "": name,
    "CPU µs/request": window.cpuMicrosPerRequest,
    "× raw CPU": window.cpuMicrosPerRequest / raw.cpuMicrosPerRequest,
    "requests/s": window.requestsPerSecond,
    "of raw": window.requestsPerSecond / raw.requestsPerSecond,
    "server CPU": window.serverCpu,
    "load CPU": window.loadCpu,
    "p50 ms": window.p50Ms,
    "p99 ms": window.p99Ms
  }))

const notes = [
  "CPU is user + system of the server's process. Where the load's CPU is near 1 the generator is the bottleneck, not the server: then compare CPU, not requests a second."
]
