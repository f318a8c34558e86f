/** A sink that keeps what it was given. */
import type { ModelEvent } from "@parley/domain/ModelEvent"
import type { ModelSink } from "@parley/domain/ModelProvider"

export interface Collected {
  readonly sink: ModelSink
  readonly events: Array<ModelEvent>
  /** The text deltas, joined. */
  readonly text: () => string
}

export const collect = (): Collected => {
  const events: Array<ModelEvent> = []
  return {
    events,
    sink: (batch) => void events.push(...batch),
    text: () => events.map((event) => (event.type === "text-delta" ? event.text : "")).join("")
  }
}
