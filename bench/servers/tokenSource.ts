/**
 * A provider inside the process: 50 tokens a second for each stream, one by one or in bursts of 4, each stream at a phase of its own. All streams
 * wait until `go`, so that they run together. A token carries the time at which it was due, not the time at which a busy loop came
 * round to it: what the loop adds is counted.
 *
 * Of a stream that speaks only its sink is touched, so that what is measured is what the server does with a token and not what keeps the time here.
 */
import type { ModelAnswer, ModelEvent } from "@parley/domain/ModelEvent"
import type { ModelProvider, ModelSink } from "@parley/domain/ModelProvider"
import type { ModelRequest } from "@parley/domain/ModelRequest"
import { noUsage } from "@parley/domain/Usage"
import { Effect } from "effect"
import { nowMicros, tokenText } from "../harness/Token.ts"
import { tokenIntervalMs } from "../harness/Workload.ts"

const burstSize = 4
/** A stream's phase repeats after this long, whatever its bursts. */
const wheelMs = tokenIntervalMs * burstSize

interface Stream {
  readonly model: string
  readonly sink: ModelSink
  readonly done: (answer: ModelAnswer) => void
}

/** Streams that say the same at the same time. */
interface Choir {
  readonly model: string
  readonly burst: number
  readonly tokens: number
  readonly streams: Array<Stream>
  /** Of `streams`, in their order. */
  readonly sinks: Array<ModelSink>
  sent: number
  /** The millisecond of its first token, from which all others follow. */
  firstMs: number
}

const control = { pause: () => {}, resume: () => {} }

export class TokenSource implements ModelProvider {
  readonly id = "source"
  readonly isDemo = false
  readonly models = Effect.succeed([
    { id: "source/steady-1000", provider: "source", model: "steady-1000", createdAtSeconds: 0, kind: "chat" as const }
  ])
  /** By millisecond, who speaks in it. */
  readonly #slots: Array<Array<Choir>> = Array.from({ length: wheelMs }, () => [])
  #waiting: Array<Stream> = []
  #placed = 0
  #ticked = 0

  readonly complete = (): Effect.Effect<never> => Effect.die("only streams")

  /** The model's name says what: `steady-1500` or `burst-1500`, the number being that of its tokens. */
  readonly stream = (request: ModelRequest, sink: ModelSink): Effect.Effect<ModelAnswer> =>
    Effect.callback<ModelAnswer>((resume) => {
      const { model } = request
      const stream: Stream = { model, sink, done: (answer) => resume(Effect.succeed(answer)) }
      this.#waiting.push(stream)
      return Effect.sync(() => this.#remove(stream))
    })

  /** Every stream that waits begins, in the phase that its turn gives it. */
  go(): number {
    const begun = this.#waiting.length
    const choirs = new Map<string, Choir>()
    for (const stream of this.#waiting) {
      const { model, sink } = stream
      const [kind, tokens] = model.split("-")
      const burst = kind === "burst" ? burstSize : 1
      const step = burst * tokenIntervalMs
      const phase = this.#placed++ % step
      let choir = choirs.get(`${model} ${phase}`)
      if (choir === undefined) {
        choir = { model, burst, tokens: Number(tokens), streams: [], sinks: [], sent: 0, firstMs: 0 }
        choirs.set(`${model} ${phase}`, choir)
        for (let slot = phase; slot < wheelMs; slot += step) this.#slots[slot]?.push(choir)
      }
      choir.streams.push(stream)
      choir.sinks.push(sink)
    }
    this.#waiting = []
    if (this.#ticked === 0) {
      this.#ticked = Math.floor(nowMicros() / 1000)
      setInterval(this.#tick, 1)
    }
    return begun
  }

  /** Every millisecond that has passed, in order, also those in which the loop was busy. */
  readonly #tick = (): void => {
    const now = Math.floor(nowMicros() / 1000)
    while (this.#ticked < now) {
      this.#ticked++
      const slot = this.#slots[this.#ticked % wheelMs]
      if (slot === undefined || slot.length === 0) continue
      const text = tokenText(this.#ticked * 1000)
      const one: ReadonlyArray<ModelEvent> = [{ type: "text-delta", text }]
      const four: ReadonlyArray<ModelEvent> = Array.from({ length: burstSize }, () => ({ type: "text-delta", text }))
      for (const choir of [...slot]) {
        if (choir.sent === 0) choir.firstMs = this.#ticked
        const events = choir.burst === 1 ? one : four
        const { sinks } = choir
        for (let i = 0; i < sinks.length; i++) sinks[i]?.(events, control)
        choir.sent += choir.burst
        if (choir.sent >= choir.tokens) this.#end(choir)
      }
    }
  }

  #end(choir: Choir): void {
    for (const slot of this.#slots) {
      const at = slot.indexOf(choir)
      if (at !== -1) slot.splice(at, 1)
    }
    const usage = { ...noUsage, inputTokens: 4, outputTokens: choir.sent }
    const text = textOf(choir)
    for (const stream of choir.streams) {
      stream.sink(
        [
          { type: "usage", usage },
          { type: "finish", reason: "stop" }
        ],
        control
      )
      stream.done({ model: "source", responseId: "", content: [{ type: "text", text }], finishReason: "stop", usage })
    }
  }

  #remove(stream: Stream): void {
    this.#waiting = this.#waiting.filter((other) => other !== stream)
    for (const slot of this.#slots) {
      for (const choir of slot) {
        const at = choir.streams.indexOf(stream)
        if (at === -1) continue
        choir.streams.splice(at, 1)
        choir.sinks.splice(at, 1)
      }
    }
  }
}

const textOf = ({ burst, firstMs, sent }: Choir): string => {
  let text = ""
  for (let i = 0; i < sent; i += burst) text += tokenText((firstMs + i * tokenIntervalMs) * 1000).repeat(burst)
  return text
}
