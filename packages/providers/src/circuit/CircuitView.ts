/** Where a target's circuit stands, as far as this process knows; and how often it changed. Synchronous: routes ask it for every call. */
import { Clock, Effect } from "effect"
import type { CircuitBreaker } from "effect/persistence"
import { stateAfter } from "./CircuitMachine.ts"
import type { CircuitHappening, CircuitState } from "./CircuitMachine.ts"
import type { TargetStatistics } from "./TargetStatistics.ts"

const happenings: Record<CircuitBreaker.Transition["to"], CircuitHappening> = {
  Open: "opened",
  HalfOpen: "admitted-as-probe",
  Closed: "closed"
}

export class CircuitView {
  state: CircuitState = "closed"
  readonly #statistics: TargetStatistics
  #openUntilMs = 0

  constructor(statistics: TargetStatistics) {
    this.#statistics = statistics
  }

  on(happening: CircuitHappening, openUntilMs: number): void {
    const next = stateAfter[happening]
    if (next === "open") this.#openUntilMs = openUntilMs
    if (next === this.state) return
    this.state = next
    switch (next) {
      case "closed":
        this.#statistics.closed++
        return
      case "open":
        this.#statistics.opened++
        return
      case "half-open":
        this.#statistics.halfOpened++
        return
    }
  }

  changed(transition: CircuitBreaker.Transition, openMs: number): Effect.Effect<void> {
    return Effect.map(Clock.currentTimeMillis, (nowMs) => this.on(happenings[transition.to], nowMs + openMs))
  }

  /** Milliseconds until a call may go; 0: it may. */
  openForMs(nowMs: number): number {
    return this.state === "open" ? Math.max(0, this.#openUntilMs - nowMs) : 0
  }
}
