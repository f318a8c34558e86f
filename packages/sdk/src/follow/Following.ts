/** Runs the follow machine for one log: asks, asks again, and gives the connection up when asking brings nothing. */
import { pauseMs } from "../connection/pause.ts"
import type { Answer, Command } from "../connection/Commands.ts"
import { ParleyApiError } from "../ParleyApiError.ts"
import type { FollowHost } from "./FollowHost.ts"
import { followMachine } from "./followMachine.ts"
import type { FollowAct, FollowEvent, FollowState } from "./followMachine.ts"

/** What an act means for the log; asking is done here. */
export type FollowActs = { readonly [Act in Exclude<FollowAct, "none" | "ask" | "ask-later">]: () => void }

export interface FollowedLog {
  /** The question, from where the log stands. */
  readonly question: () => Command
  readonly answered: (answer: Answer) => void
  /** Asking was answered with an error that no other try mends. */
  readonly refused: (error: ParleyApiError) => void
}

export class Following {
  readonly #host: FollowHost
  readonly #log: FollowedLog
  #state: FollowState
  /** Names the present question: what an earlier one brings is not heard. */
  #asked = 0
  /** Questions on this connection since something new came. */
  #fruitless = 0
  #deferrals = 0
  #stopTimer: () => void = () => {}

  constructor(host: FollowHost, log: FollowedLog, state: FollowState) {
    this.#host = host
    this.#log = log
    this.#state = state
  }

  get state(): FollowState {
    return this.#state
  }

  dispatch(event: FollowEvent, acts?: FollowActs): void {
    const before = this.#state
    const [state, act] = followMachine[before][event]
    this.#state = state
    switch (act) {
      case "none":
        if (event === "lost") {
          this.#forgetQuestion()
          this.#fruitless = 0
        }
        return
      case "ask":
        return this.#ask()
      case "ask-later": {
        const { limits, platform } = this.#host
        this.#stopTimer = platform.after(pauseMs(this.#deferrals++, limits, platform.random), () => this.#ask())
        return
      }
      case "apply":
      case "replace":
        this.#fruitless = 0
        return acts?.[act]()
      case "finish":
      case "forget":
        this.#forgetQuestion()
        return acts?.[act]()
    }
  }

  /** No more of it. */
  stop(): void {
    this.#forgetQuestion()
    this.#state = "gone"
  }

  #ask(): void {
    this.#forgetQuestion()
    if (this.#fruitless++ >= this.#host.limits.fruitlessSubscriptions) return this.#host.abandon()
    const asked = this.#asked
    const isStale = (): boolean => asked !== this.#asked
    this.#host.ask(this.#log.question()).then(
      (answer) => {
        if (isStale()) return
        this.#deferrals = 0
        this.#log.answered(answer)
      },
      (error: unknown) => {
        if (isStale()) return
        if (error instanceof ParleyApiError && error.retry === "never") return this.#log.refused(error)
        this.dispatch("deferred")
      }
    )
  }

  #forgetQuestion(): void {
    this.#asked++
    this.#stopTimer()
  }
}
