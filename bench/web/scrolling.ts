/** A conversation of 10,000 messages that somebody scrolls through: from its end toward its beginning, whose pages come meanwhile, and back down. */
import { createConversations } from "../load/createConversations.ts"
import type { Child } from "../harness/Child.ts"
import { Histogram } from "../harness/Statistics.ts"
import { metricsOf, visit } from "./Contestant.ts"
import type { Visit } from "./Contestant.ts"
import { parleyApp } from "./contestants.ts"
import { remembering } from "./Stage.ts"
import type { Found, Stage } from "./Stage.ts"

const messages = 10_000
/** In each frame, as by a hand that turns a wheel fast: 7,200 pixels a second. */
const stepPx = 120
/** A frame of a screen that shows 60 a second. */
const frameMs = 1_000 / 60
/** A frame that came later than its time by more than half a frame has left one out. */
const droppedOf = (ms: number): number => Math.round(ms / frameMs) - 1

interface Ride {
  /** Between each frame and the one before. */
  readonly frames: ReadonlyArray<number>
  readonly scrolledPx: number
}

export const scrolling = async ({ browser, options }: Stage, port: number, key: string, database: Child): Promise<Found> => {
  const [id = ""] = await createConversations(port, key, 1)
  await fill(database, id)
  const ways = [
    ["toward the beginning", -stepPx],
    ["back down", stepPx]
  ] as const
  const found = new Map(ways.map(([way]) => [way, new Counted()]))
  const app = await parleyApp(browser, port, key)
  for (let round = 0; round < options.rounds; round++) {
    const opened = await visit(browser, { ...app, urlOf: (model) => `${app.urlOf(model)}c/${id}` }, remembering)
    try {
      await opened.page.getByText(`Message ${messages}`, { exact: true }).waitFor()
      for (const [way, step] of ways) {
        const before = await metricsOf(opened)
        const ride = await scroll(opened, step, options.seconds)
        const after = await metricsOf(opened)
        found.get(way)?.add(ride, after.TaskDuration - before.TaskDuration)
      }
    } finally {
      await opened.end()
    }
  }
  const longest = Math.max(...[...found.values()].map(({ p95Ms }) => p95Ms))
  return {
    section: {
      title: `a conversation of ${messages} messages, scrolled by ${stepPx} px in each frame`,
      rows: [...found].map(([way, counted]) => ({ "": way, ...counted.row }))
    },
    targets: [{ name: "a scrolled frame, p95", asked: 17, bound: "at most", measured: longest, unit: "ms" }]
  }
}

/** All rounds of one way together. */
class Counted {
  readonly #histogram = new Histogram()
  #longestMs = 0
  #dropped = 0
  #scrolledPx = 0
  #workMs = 0

  add({ frames, scrolledPx }: Ride, workSeconds: number): void {
    for (const ms of frames) {
      this.#histogram.add(ms * 1_000)
      this.#longestMs = Math.max(this.#longestMs, ms)
      this.#dropped += Math.max(0, droppedOf(ms))
    }
    this.#scrolledPx += scrolledPx
    this.#workMs += workSeconds * 1_000
  }

  get p95Ms(): number {
    return this.#histogram.percentileMs(95)
  }

  get row(): Record<string, number> {
    const frames = this.#histogram.total
    return {
      frames,
      "p50 ms": this.#histogram.percentileMs(50),
      "p95 ms": this.p95Ms,
      "longest ms": this.#longestMs,
      "left out": this.#dropped,
      "all work ms/frame": this.#workMs / frames,
      "scrolled px": this.#scrolledPx
    }
  }
}

const scroll = ({ page }: Visit, step: number, seconds: number): Promise<Ride> =>
  page.evaluate<Ride>(`bench.scroll(".thread-scroll", ${step}, ${seconds * 1_000})`)

/** Questions and answers in turn, of different heights, put into the store at once. */
const fill = async (database: Child, conversationId: string): Promise<void> => {
  const ask = (text: string) => database.ask({ type: "sql", text }, "rows")
  const idOf = (number: string) => `'msg_0' || lpad((${number})::text, 25, '0')`
  await ask(`
    insert into messages (tenant_id, id, conversation_id, parent_id, role, author_id, content, status, room_seq, created_at_ms)
    select c.tenant_id, ${idOf("n")}, c.id, case when n = 1 then null else ${idOf("n - 1")} end,
      case when n % 2 = 1 then 'user' else 'assistant' end, case when n % 2 = 1 then c.created_by end,
      json_build_array(json_build_object('type', 'text', 'text',
        'Message ' || n || case when n % 2 = 1 then '' else repeat(E'\\n\\nA paragraph of an answer, with **bold words** and \`code\`.', n % 5) end)),
      'complete', c.room_seq + n, 1700000000000 + n
    from conversations c, generate_series(1, ${messages}) n where c.id = '${conversationId}'`)
  await ask(
    `update conversations set room_seq = room_seq + ${messages}, last_message_id = ${idOf(String(messages))} where id = '${conversationId}'`
  )
}
