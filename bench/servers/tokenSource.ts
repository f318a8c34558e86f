/**
 * A provider inside the process: 50 tokens a second for each stream, one by one or in bursts of 4, each stream at a phase of its own. All streams
 * wait until `go`, so that they run together. A token carries the time at which it was due, not the time at which a busy loop came
 * round to it: what the loop adds is counted.
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
  readonly sink: ModelSink
  readonly burst: number
  readonly tokens: number
  readonly done: (answer: ModelAnswer) => void
  sent: number
  /** The millisecond of its first token, from which all others follow. */
  firstMs: number
  hasEnded: boolean
}

const control = { pause: () => {}, resume: () => {} }

export class TokenSource implements ModelProvider {
  readonly id = "source"
  readonly isDemo = false
  readonly models = Effect.succeed([
    { id: "source/steady-1000", provider: "source", model: "steady-1000", createdAtSeconds: 0, kind: "chat" as const }
  ])
  /** Arrays, of which a stream that ends is left out at the next look: most looks find nothing to leave out. */
  readonly #slots: Array<Array<Stream>> = Array.from({ length: wheelMs }, () => [])
  #waiting: Array<Stream> = []
  #placed = 0
  #ticked = 0

  readonly complete = (): Effect.Effect<never> => Effect.die("only streams")

  /** The model's name says what: `steady-1500` or `burst-1500`, the number being that of its tokens. */
  readonly stream = (request: ModelRequest, sink: ModelSink): Effect.Effect<ModelAnswer> =>
    Effect.callback<ModelAnswer>((resume) => {
      const [kind, tokens] = request.model.split("-")
      const stream: Stream = {
        sink,
        burst: kind === "burst" ? burstSize : 1,
        tokens: Number(tokens),
        done: (answer) => resume(Effect.succeed(answer)),
        sent: 0,
        firstMs: 0,
        hasEnded: false
      }
      this.#waiting.push(stream)
      return Effect.sync(() => this.#remove(stream))
    })

  /** Every stream that waits begins, in the phase that its turn gives it. */
  go(): number {
    const begun = this.#waiting.length
    for (const stream of this.#waiting) {
      const step = stream.burst * tokenIntervalMs
      for (let slot = this.#placed++ % step; slot < wheelMs; slot += step) this.#slots[slot]?.push(stream)
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
      let hasEnded = false
      for (let i = 0; i < slot.length; i++) {
        const stream = slot[i]
        if (stream === undefined || stream.hasEnded) {
          hasEnded = true
          continue
        }
        if (stream.sent === 0) stream.firstMs = this.#ticked
        stream.sink(stream.burst === 1 ? one : four, control)
        stream.sent += stream.burst
        if (stream.sent >= stream.tokens) this.#end(stream)
      }
      if (hasEnded) this.#slots[this.#ticked % wheelMs] = slot.filter((stream) => !stream.hasEnded)
    }
  }

  #end(stream: Stream): void {
    stream.hasEnded = true
    const usage = { ...noUsage, inputTokens: 4, outputTokens: stream.sent }
    stream.sink(
      [
        { type: "usage", usage },
        { type: "finish", reason: "stop" }
      ],
      control
    )
    stream.done({
      model: "source",
      responseId: "",
      content: [{ type: "text", text: textOf(stream) }],
      finishReason: "stop",
      usage
    })
  }

  #remove(stream: Stream): void {
    stream.hasEnded = true
    this.#waiting = this.#waiting.filter((other) => other !== stream)
  }
}

const textOf = ({ burst, firstMs, sent }: Stream): string => {
  let text = ""
  for (let i = 0; i < sent; i += burst) text += tokenText((firstMs + i * tokenIntervalMs) * 1000).repeat(burst)
  return text
}
