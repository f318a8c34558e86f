/** What a client has been told of one streamed answer, whoever gave it; and the sinks through which the targets tell more. Synchronous. */
import type { AssistantPart } from "@parley/domain/Content"
import type { ModelAnswer, ModelEvent, ProviderSwitch } from "@parley/domain/ModelEvent"
import { noUsage } from "@parley/domain/Usage"
import type { ModelSink, StreamControl } from "@parley/domain/ModelProvider"
import type { LedgerEntry } from "./Ledger.ts"
import { Seam } from "./Seam.ts"
import type { Continuing } from "./Seam.ts"

export class Relay {
  text = ""
  reasoning = ""
  hasCalls = false
  /** Attempts that went on after what was told. */
  continuations = 0
  /** Told before an attempt that began the answer after it: white space, and thoughts. */
  #before: ReadonlyArray<AssistantPart> = []
  readonly #passedOver = new Set<string>()
  readonly #sink: ModelSink

  /** `said`: what was told before. */
  constructor(sink: ModelSink, said?: { readonly text: string; readonly reasoning: string }) {
    this.#sink = sink
    if (said === undefined) return
    this.text = said.text
    this.reasoning = said.reasoning
  }

  /** Something of the answer was told. */
  get hasSpoken(): boolean {
    return this.text !== "" || this.hasCalls || this.reasoning !== ""
  }

  switched(event: ProviderSwitch): void {
    if (event.restart === true) {
      this.text = ""
      this.reasoning = ""
      this.hasCalls = false
      this.continuations = 0
    }
    this.#sink([event], { ...noControl, target: event.to })
  }

  /** Those that would have been called before this one. Each is told once, and after the switch from whoever failed: what was said was that one's. */
  passedOver(targets: Iterable<{ readonly name: string }>, to: string): void {
    for (const { name } of targets) {
      if (this.#passedOver.has(name)) continue
      this.#passedOver.add(name)
      this.switched({ type: "provider-switch", from: name, to, reason: passedOverReason })
    }
  }

  /** What is said once all attempts are over. */
  end(event: ModelEvent): void {
    this.#sink([event], noControl)
  }

  /** The sink of one attempt. `continuing`: what it says follows on what was told. */
  sinkOf(entry: LedgerEntry, continuing?: Continuing): ModelSink {
    if (continuing === undefined) {
      this.#before = this.#told()
      return (events, control) => {
        entry.heard(events)
        this.#pass(events, control)
      }
    }
    const seam = new Seam(this.text, continuing)
    this.continuations++
    return (events, control) => {
      entry.heard(events)
      const told: Array<ModelEvent> = []
      for (const event of events) this.#sew(event, seam, told)
      if (told.length > 0) this.#sink(told, control)
    }
  }

  /** The answer ends here, for its bound is reached. */
  endUsedUp(model: string): ModelAnswer {
    this.end({ type: "finish", reason: "length" })
    return { model, responseId: "", content: this.#content([]), finishReason: "length", usage: noUsage }
  }

  /** The whole answer, of which the last attempt gave the end. */
  answer(last: ModelAnswer): ModelAnswer {
    const whole = this.continuations === 0 ? this.#begun(last) : { ...last, content: this.#content(last.content) }
    return this.#passedOver.size === 0 ? whole : { ...whole, passedOver: [...this.#passedOver] }
  }

  #begun(last: ModelAnswer): ModelAnswer {
    if (this.#before.length === 0) return last
    const white = this.#before.at(-1)
    const [first, ...rest] = last.content
    if (white?.type !== "text" || first?.type !== "text") return { ...last, content: [...this.#before, ...last.content] }
    return { ...last, content: [...this.#before.slice(0, -1), { ...first, text: white.text + first.text }, ...rest] }
  }

  #told(): ReadonlyArray<AssistantPart> {
    const reasoning: ReadonlyArray<AssistantPart> = this.reasoning === "" ? [] : [{ type: "reasoning", text: this.reasoning }]
    return this.text === "" ? reasoning : [...reasoning, { type: "text", text: this.text }]
  }

  /** What was told, and the calls of the last attempt. */
  #content(last: ReadonlyArray<AssistantPart>): ReadonlyArray<AssistantPart> {
    const reasoning: ReadonlyArray<AssistantPart> = this.reasoning === "" ? [] : [{ type: "reasoning", text: this.reasoning }]
    return [...reasoning, { type: "text", text: this.text }, ...last.filter((part) => part.type === "tool-call")]
  }

  /** Of an answer from its beginning, which nearly all are: told as it came, but for the usage. */
  #pass(events: ReadonlyArray<ModelEvent>, control: StreamControl): void {
    let usages = 0
    for (const event of events) {
      switch (event.type) {
        case "text-delta":
          this.text += event.text
          break
        case "reasoning-delta":
          this.reasoning += event.text
          break
        case "tool-call-delta":
          this.hasCalls = true
          break
        case "tool-call":
          this.hasCalls = true
          break
        case "usage":
          usages++
          break
        case "finish":
        case "provider-switch":
          break
      }
    }
    if (usages === 0) this.#sink(events, control)
    else if (usages < events.length)
      this.#sink(
        events.filter((event) => event.type !== "usage"),
        control
      )
  }

  #sew(event: ModelEvent, seam: Seam, told: Array<ModelEvent>): void {
    switch (event.type) {
      case "text-delta":
        this.#tell(seam.push(event.text), told)
        return
      case "reasoning-delta":
        // A thought in the middle of an answer is about how to go on with it: of no use to anybody.
        return
      case "tool-call-delta":
      case "tool-call":
        this.hasCalls = true
        this.#tell(seam.flush(), told)
        told.push(event)
        return
      case "usage":
        return
      case "finish":
        this.#tell(seam.flush(), told)
        told.push(event)
        return
      case "provider-switch":
        told.push(event)
        return
    }
  }

  #tell(text: string, told: Array<ModelEvent>): void {
    if (text === "") return
    this.text += text
    told.push({ type: "text-delta", text })
  }
}

/** Beside the codes of errors. */
export const passedOverReason = "passed_over"

/** Of what no target says: there is nothing to pause. */
const noControl: StreamControl = { pause: () => {}, resume: () => {} }
