/** A run under way: its phase, its log, and the sink through which its provider speaks. Nothing here suspends. */
import { Deferred, Effect } from "effect"
import type { MessageId, PrincipalId, RequestId, RunId } from "@parley/domain/Ids"
import type { Message } from "@parley/domain/Message"
import type { ModelSink } from "@parley/domain/ModelProvider"
import type { ModelParameters } from "@parley/domain/ModelRequest"
import { addUsage } from "@parley/domain/Usage"
import type { Usage } from "@parley/domain/Usage"
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
  /** Of the request that asked; null for a run that was taken over from a lost process. */
  readonly requestId: RequestId | null
}

export class ActiveRun {
  readonly question: RunQuestion
  readonly log: RunLog
  /** Completed by the first cancel. */
  readonly cancelled = Deferred.makeUnsafe<void>()
  /** Completed when the terminal is stored and told, or the run is lost. */
  readonly ended = Deferred.makeUnsafe<void>()
  readonly sink: ModelSink

  /** From the root to the message that is answered; undefined until it is read. */
  path: ReadonlyArray<Message> | undefined

  private currentPhase: RunPhase = "starting"
  private hasSpoken = false
  private readonly usageBefore: Usage | null
  private providerUsage: Usage | null = null

  constructor(question: RunQuestion, log: RunLog, schedule: FlushSchedule) {
    this.question = question
    this.log = log
    this.usageBefore = log.state.usage
    this.sink = (events) => {
      if (this.on("chunk") !== "append") return
      let isUrgent = false
      for (const event of events) {
        switch (event.type) {
          case "text-delta":
            log.appendText(event.text)
            break
          case "reasoning-delta":
          case "tool-call-delta":
            log.append(event)
            break
          case "tool-call":
            log.append(event)
            isUrgent = true
            break
          case "usage":
            this.providerUsage = event.usage
            break
          case "provider-switch":
            log.append(event)
            isUrgent = true
            break
          case "finish":
            break
        }
      }
      if (isUrgent || !this.hasSpoken) {
        this.hasSpoken = true
        log.flush()
      } else {
        schedule.mark(log)
      }
    }
  }

  get phase(): RunPhase {
    return this.currentPhase
  }

  on(happening: RunHappening): RunAct {
    const step = runMachine[this.currentPhase][happening]
    this.currentPhase = step.phase
    return step.act
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
}
