/** What the calls for one answer used, call by call: each is settled by the tokens and the price of its own target. */
import { Effect, Fiber } from "effect"
import type { Context } from "effect"
import type { AssistantPart } from "@parley/domain/Content"
import type { Attempt, ModelAnswer, ModelEvent } from "@parley/domain/ModelEvent"
import type { ModelRequest } from "@parley/domain/ModelRequest"
import { addUsage, noUsage } from "@parley/domain/Usage"
import type { Usage } from "@parley/domain/Usage"
import type { ModelTokens } from "../tokens/ModelTokens.ts"

export class LedgerEntry {
  readonly target: string
  /** What it said itself, whatever of it was told on. */
  text = ""
  reasoning = ""
  calls = ""
  failure: string | undefined
  #hasBegun = false
  #told: Usage | null = null
  /** How much had been said when that was told. */
  #toldAt = 0
  readonly #tokens: ModelTokens
  readonly #request: ModelRequest
  #usage: Usage | undefined
  #settling: Fiber.Fiber<Usage> | undefined

  constructor(target: string, tokens: ModelTokens, request: ModelRequest) {
    this.target = target
    this.#tokens = tokens
    this.#request = request
  }

  /** Its provider has taken the request, and may charge for it. */
  began(): void {
    this.#hasBegun = true
  }

  /** What it said, one read of it. */
  heard(events: ReadonlyArray<ModelEvent>): void {
    for (const event of events) {
      if (event.type === "text-delta") this.text += event.text
      else if (event.type === "reasoning-delta") this.reasoning += event.text
      else if (event.type === "tool-call-delta") this.calls += event.arguments
      else if (event.type === "usage") this.tell(event.usage)
    }
  }

  tell(usage: Usage): void {
    this.#told = usage
    this.#toldAt = this.#length
  }

  answered(answer: ModelAnswer): void {
    this.#usage = this.#tokens.settle(this.#request, answer)
  }

  /** Of a call that answered. */
  get settled(): Usage | undefined {
    return this.#usage
  }

  /**
   * Of a call that broke off: what its provider told by then, and where that is not of all that it said, what is counted. One that its provider
   * refused, or never began to answer, cost nothing; unless `isPaid`, of one under way.
   */
  usage(isPaid: boolean): Effect.Effect<Usage> {
    if (this.#usage !== undefined) return Effect.succeed(this.#usage)
    return this.#settling === undefined ? this.#counted(isPaid) : Fiber.join(this.#settling)
  }

  /**
   * It broke off, and another call goes on: what it used is counted meanwhile, so that the end of the answer need not wait for that, or not as
   * long. By itself, since whoever asks for it may be another than who made the call; bounded by what bounds a count.
   */
  settleEarly(context: Context.Context<never>): void {
    this.#settling ??= Effect.runForkWith(context)(this.#counted(false))
  }

  #counted(isPaid: boolean): Effect.Effect<Usage> {
    const isUnderWay = isPaid && this.failure === undefined
    if (!this.#hasBegun && this.#length === 0 && this.#told === null && !isUnderWay) return Effect.succeed(noUsage)
    const isToldWhole = this.#told !== null && this.#told.outputTokens > 0 && this.#toldAt === this.#length
    return this.#tokens.settlePartial(this.#request, isToldWhole ? [] : this.#said(), this.#told)
  }

  get hasSpoken(): boolean {
    return this.#length > 0
  }

  get #length(): number {
    return this.text.length + this.reasoning.length + this.calls.length
  }

  #said(): ReadonlyArray<AssistantPart> {
    const parts: Array<AssistantPart> = []
    if (this.reasoning !== "") parts.push({ type: "reasoning", text: this.reasoning })
    if (this.text !== "") parts.push({ type: "text", text: this.text })
    if (this.calls !== "") parts.push({ type: "tool-call", id: "", name: "", arguments: this.calls })
    return parts
  }
}

export class Ledger {
  readonly entries: Array<LedgerEntry> = []

  /** Who has said something last, `provider/model`. */
  get speaking(): string | undefined {
    return this.entries.findLast((entry) => entry.hasSpoken)?.target
  }

  /** The one attempt there was, when it answered: known at once. */
  onlyAttempt(): Attempt | undefined {
    const [entry] = this.entries
    const usage = this.entries.length === 1 ? entry?.settled : undefined
    return entry === undefined || usage === undefined ? undefined : { target: entry.target, usage }
  }

  attempts(isPaid = false): Effect.Effect<ReadonlyArray<Attempt>> {
    return Effect.forEach(
      this.entries,
      (entry) =>
        Effect.map(entry.usage(isPaid), (usage) => ({
          target: entry.target,
          usage,
          ...(entry.failure === undefined ? {} : { failure: entry.failure })
        })),
      // No more than the calls of one answer, which are bounded.
      { concurrency: "unbounded" }
    )
  }

  /** Of all calls so far. `isPaid`: also of one under way that has said nothing yet. */
  total(isPaid: boolean): Effect.Effect<Usage> {
    return Effect.map(this.attempts(isPaid), sumOf)
  }
}

export const sumOf = (attempts: ReadonlyArray<Attempt>): Usage =>
  attempts.reduce((total, { usage }) => addUsage(total, usage), noUsage)
