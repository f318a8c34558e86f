/** How long a person waits for the first token beyond what the provider takes: durable send, actor, provider call, socket. */
import { startChild } from "../harness/Child.ts"
import type { Child } from "../harness/Child.ts"
import { diskFlush } from "../harness/DiskFlush.ts"
import { loadCore } from "../harness/Machine.ts"
import type { Options } from "../harness/Options.ts"
import { tellProgress } from "../harness/Progress.ts"
import type { Report } from "../harness/Report.ts"
import { medianOf } from "../harness/Statistics.ts"
import type { FirstTokenLoad } from "../load/firstTokenLoad.ts"
import { startParley } from "../servers/parley.ts"

const warmups = 200
const sendsPerSecond = 100

export const firstToken = async (options: Options): Promise<Report> => {
  const rounds: Array<Record<string, number>> = []
  const flush = diskFlush()
  for (let round = 0; round < options.rounds; round++) {
    tellProgress("first-token", round, options.rounds)
    rounds.push(await ask(options))
  }
  const found = medianOf(rounds)
  const at = (name: string): number => found[name] ?? Number.NaN
  const over = (percent: string): number => at(`parley${percent}`) - at(`mock${percent}`)
  return {
    benchmark: "first-token",
    sections: [
      {
        title: "one send at a time; each in a conversation of its own that is followed already",
        rows: [
          { "": "the mock's own", "p50 ms": at("mockP50"), "p99 ms": at("mockP99") },
          { "": "Parley, from send to the first token on the socket", "p50 ms": at("parleyP50"), "p99 ms": at("parleyP99") },
          { "": "over the mock's", "p50 ms": over("P50"), "p99 ms": over("P99") },
          { "": "of it, one flush of the disk at the least", "p50 ms": flush.percentileMs(50), "p99 ms": flush.percentileMs(99) }
        ]
      }
    ],
    targets: [{ name: "first token, p50 over the mock's", asked: 2, bound: "at most", measured: over("P50"), unit: "ms" }],
    notes: ["Postgres is durable here: the message and the run are committed and flushed to disk before the provider is asked."]
  }
}

const ask = async (options: Options): Promise<Record<string, number>> => {
  const children: Array<Child> = []
  const keep = async (child: Promise<Child>): Promise<Child> => {
    const started = await child
    children.push(started)
    return started
  }
  const script = (path: string) => new URL(path, import.meta.url).pathname
  try {
    const mock = await keep(startChild({ name: "upstream", script: script("../servers/mockUpstream.ts"), core: loadCore }))
    const { database, key, server } = await startParley({
      env: { OPENAI_API_KEY: "sk-bench", OPENAI_BASE_URL: `http://127.0.0.1:${mock.port}/v1` }
    })
    children.push(database, server)
    const generator = await keep(startChild({ name: "load", script: script("../load/firstTokenLoad.ts"), core: loadCore }))
    const load: FirstTokenLoad = {
      type: "run",
      port: server.port,
      key,
      mockPort: mock.port,
      model: "gpt-burst-8",
      warmups,
      sends: Math.round(options.seconds * sendsPerSecond)
    }
    const { mockP50, mockP99, parleyP50, parleyP99 } = await generator.ask(load, "result")
    return { mockP50: Number(mockP50), mockP99: Number(mockP99), parleyP50: Number(parleyP50), parleyP99: Number(parleyP99) }
  } finally {
    for (const child of children.toReversed()) await child.stop()
  }
}
