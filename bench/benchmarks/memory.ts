/** What an idle WebSocket and an idle conversation cost in memory, with everything that `serve` puts around them. */
import { programFlags } from "../../infra/programFlags.mjs"
import { startChild } from "../harness/Child.ts"
import type { Child, Message } from "../harness/Child.ts"
import { loadCore } from "../harness/Machine.ts"
import type { Options } from "../harness/Options.ts"
import { memoryUsage } from "../harness/ProcessUsage.ts"
import { tellProgress } from "../harness/Progress.ts"
import type { Report, Target } from "../harness/Report.ts"
import { medianOf } from "../harness/Statistics.ts"
import type { IdleLoad } from "../load/idleLoad.ts"
import { raiseTenantBounds, startParley } from "../servers/parley.ts"

interface Case {
  readonly name: "sockets" | "conversations"
  readonly count: number
  /** Made first and not counted: pools, caches and compiled code are there already. */
  readonly before: number
  readonly askedKb: number
}

const cases: ReadonlyArray<Case> = [
  { name: "sockets", count: 10_000, before: 1_000, askedKb: 6 },
  { name: "conversations", count: 5_000, before: 2_000, askedKb: 30 }
]

/** For what is still being written or closed when the last one has been made. */
const settleMs = 2_000
const kilobyte = 1024
/** The room for young objects has its full size from the start, so that its own growth is nobody's. */
const youngGeneration = `--min-semi-space-size=${/\d+/.exec(programFlags.join())?.[0] ?? 16}`

interface Reading extends Record<string, number> {
  readonly rss: number
  readonly pss: number
  readonly heap: number
  readonly external: number
}

export const memory = async (options: Options): Promise<Report> => {
  const rows: Array<Record<string, string | number>> = []
  const targets: Array<Target> = []
  for (const each of cases) {
    if (options.only.length > 0 && !options.only.includes(each.name)) continue
    const rounds: Array<Reading> = []
    for (let round = 0; round < options.rounds; round++) {
      tellProgress(each.name, round, options.rounds)
      rounds.push(await grow(each))
    }
    const one = medianOf(rounds)
    rows.push({
      "": `${each.count} ${each.name}`,
      "RSS KB each": one.rss / kilobyte,
      "PSS KB each": one.pss / kilobyte,
      "heap KB each": one.heap / kilobyte,
      "external KB each": one.external / kilobyte
    })
    targets.push({
      name: `${each.name}: RSS each`,
      asked: each.askedKb,
      bound: "at most",
      measured: one.rss / kilobyte,
      unit: "KB"
    })
  }
  return {
    benchmark: "memory",
    sections: [
      { title: "growth of the server's process, after a collection that puts pages together, divided by their number", rows }
    ],
    targets,
    notes: [
      "A socket is one that was accepted and says nothing. A conversation is one that took one message and that nobody follows now."
    ]
  }
}

const grow = async (each: Case): Promise<Reading> => {
  const children: Array<Child> = []
  try {
    const { database, key, server } = await startParley({ nodeArgs: ["--expose-gc", youngGeneration] })
    children.push(database, server)
    await raiseTenantBounds(database)
    const generator = await startChild({
      name: "load",
      script: new URL("../load/idleLoad.ts", import.meta.url).pathname,
      core: loadCore
    })
    children.push(generator)
    const make = (count: number) => {
      const load: IdleLoad = { type: each.name, port: server.port, key, count }
      return generator.ask<Message>(load, "made")
    }
    await make(each.before)
    const before = await read(server)
    await make(each.count)
    const after = await read(server)
    const per = (name: keyof Reading) => ((after[name] ?? 0) - (before[name] ?? 0)) / each.count
    return { rss: per("rss"), pss: per("pss"), heap: per("heap"), external: per("external") }
  } finally {
    for (const child of children.toReversed()) await child.stop()
  }
}

const settle = () => new Promise((resolve) => setTimeout(resolve, settleMs))

/** Pages that a collection has emptied go back to the system a little later, and a second collection finds what the first one's finalizers kept. */
const read = async (server: Child): Promise<Reading> => {
  await settle()
  await server.ask<Message>({ type: "heap" }, "heap")
  await settle()
  const { collected, external, heapUsed } = await server.ask<Message>({ type: "heap" }, "heap")
  await settle()
  if (collected !== true) throw new Error("the server could not be made to collect its garbage")
  const { pss, rss } = memoryUsage(server.pid)
  return { rss, pss, heap: Number(heapUsed), external: Number(external) }
}
