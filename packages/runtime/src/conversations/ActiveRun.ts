/** A run under way: its phase, its log, and the sink through which its provider speaks. Nothing here suspends. */
import { Deferred, Effect } from "effect"
import type { AssistantPart } from "@parley/domain/Content"
import type { MessageId, PrincipalId, RequestId, RunId } from "@parley/domain/Ids"
import type { Message } from "@parley/domain/Message"
import type { ModelEvent } from "@parley/domain/ModelEvent"
import type { ModelSink } from "@parley/domain/ModelProvider"
import type { ModelParameters, ModelRequest } from "@parley/domain/ModelRequest"
import { addUsage } from "@parley/domain/Usage"
import type { Usage } from "@parley/domain/Usage"
import type { ResolvedModel } from "@parley/providers/Providers"
import { Ledger } from "@parley/providers/routing/Ledger"
import type { FlushSchedule } from "./FlushScheduler.ts"
import type { RunLog } from "./RunLog.ts"
import { runMachine } from "./RunMachine.ts"
import type { RunAct, RunHappening, RunPhase } from "./RunMachine.ts"

/** What was asked, as it was stored. */
export interface RunQuestion {
  readonly runId: RunId
  /** The answer's message. */
  readonly messageId: MessageId
  readonly principalId: PrincipalId
  /** `provider/model` */
  readonly model: string
  readonly parameters: ModelParameters
  /** Of the request that asked; null where the lost owner was of an older version, which did not store it. */
  readonly requestId: RequestId | null
}

export class ActiveRun {
  readonly log: RunLog
  private currentPhase: RunPhase = "starting"
  private hasSpoken = false

  readonly question: RunQuestion
  /** Completed by the first cancel. */
  readonly cancelled = Deferred.makeUnsafe<void>()
  /** Completed when the terminal is stored and told, or the run is lost. */
  readonly ended = Deferred.makeUnsafe<void>()
  readonly sink: ModelSink

  /** From the root to the message that is answered; undefined until it is read. */
  path: ReadonlyArray<Message> | undefined
  /** What was asked of which model, once it was; by it an answer that is cut off is accounted. */
  asked: { readonly model: ResolvedModel; readonly prompt: Pick<ModelRequest, "messages" | "parameters"> } | undefined

  /** What the calls of a route used; empty where one model was asked directly. */
  readonly ledger = new Ledger()

  /** Of a run that is continued: who spoke before, where its journal knows that. */
  speakerBefore: string | undefined

  private usageBefore: Usage | null
  /** What an earlier call of a run that is continued has said. */
  private readonly contentBefore: ReadonlyArray<AssistantPart>
  private providerUsage: Usage | null = null
  /** Something was said since its provider told what it used. */
  private isUsageOld = false

  constructor(question: RunQuestion, log: RunLog, schedule: FlushSchedule) {
    this.question = question
    this.log = log
    this.usageBefore = log.state.usage
    this.contentBefore = log.state.content
    log.speaker = () => this.ledger.speaking
    const { tail } = log
    this.sink = (events) => {
      let told = 0
      if (tail.isFlowing) {
        for (; told < events.length; told++) {
          const event = events[told]
          if (event?.type !== "text-delta" || !tail.say(event.text)) break
        }
        if (told === events.length) return schedule.mark(tail)
      }
      this.take(told === 0 ? events : events.slice(told), schedule)
    }
  }

  get phase(): RunPhase {
    return this.currentPhase
  }

  on(happening: RunHappening): RunAct {
    const step = runMachine[this.currentPhase][happening]
    this.currentPhase = step.phase
    if (step.phase !== "streaming") this.log.tail.isFlowing = false
    return step.act
  }

  private take(events: ReadonlyArray<ModelEvent>, schedule: FlushSchedule): void {
    if (this.on("chunk") !== "append") return
    const { log } = this
    let isUrgent = false
    for (const event of events) {
      switch (event.type) {
        case "text-delta":
          this.isUsageOld = true
          log.appendText(event.text)
          break
        case "reasoning-delta":
        case "tool-call-delta":
          this.isUsageOld = true
          log.append(event)
          break
        case "tool-call":
          log.append(event)
          isUrgent = true
          break
        case "usage":
          this.providerUsage = event.usage
          this.isUsageOld = event.usage.outputTokens === 0
          break
        case "provider-switch":
          log.append(event)
          isUrgent = true
          break
        case "finish":
          break
      }
    }
    log.tail.isFlowing = this.isUsageOld
    if (isUrgent || !this.hasSpoken) {
      this.hasSpoken = true
      log.flush()
    } else {
      schedule.mark(log.tail)
    }
  }

  /** Who has said something last, `provider/model`; of a route only. */
  get speaker(): string | undefined {
    return this.ledger.speaking ?? this.speakerBefore
  }

  /** Idempotent. */
  cancel(): void {
    if (this.on("cancel") === "interrupt-provider") Deferred.doneUnsafe(this.cancelled, Effect.void)
  }

  end(): void {
    Deferred.doneUnsafe(this.ended, Effect.void)
  }

  /** Of the run: this call's and those before it. `final` is what a whole answer says. */
  usage(final?: Usage): Usage | null {
    const own = final ?? this.providerUsage
    if (own === null || this.usageBefore === null) return own ?? this.usageBefore
    return addUsage(this.usageBefore, own)
  }

  /** Of a run that is cut off: its provider worked for it, whether or not it told what it used. `isPaid`: even if it said nothing yet. */
  partialUsage(isPaid: boolean): Effect.Effect<Usage | null> {
    if (this.asked === undefined || !(isPaid || this.hasSpoken)) return Effect.sync(() => this.usage())
    if (this.ledger.entries.length > 0) return Effect.map(this.ledger.total(isPaid), (usage) => this.usage(usage))
    const { model, prompt } = this.asked
    const isTold = this.providerUsage !== null && !this.isUsageOld
    const said = isTold ? [] : saidSince(this.log.state.content, this.contentBefore)
    return Effect.map(model.tokens.settlePartial(prompt, said, this.providerUsage), (usage) => this.usage(usage))
  }

  /** A call of an owner that was lost, which nobody else accounts for. */
  accountLost(usage: Usage): void {
    this.usageBefore = this.usageBefore === null ? usage : addUsage(this.usageBefore, usage)
  }
}

/** What a call added to what stood there before: its first words may have joined the last part. */
const saidSince = (content: ReadonlyArray<AssistantPart>, before: ReadonlyArray<AssistantPart>): ReadonlyArray<AssistantPart> => {
  const last = before.at(-1)
  const joined = before.length === 0 ? undefined : content[before.length - 1]
  const since = content.slice(before.length)
  return last?.type === "text" && joined?.type === "text" && joined.text.length > last.text.length
    ? [{ type: "text", text: joined.text.slice(last.text.length) }, ...since]
    : since
}
