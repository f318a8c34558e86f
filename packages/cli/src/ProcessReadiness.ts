/** Whether this process should be sent requests: its parts answer and it is not draining. */
import { Readiness } from "@parley/domain/Administration"
import { Effect, Layer, Ref } from "effect"

export interface ReadinessPart {
  readonly name: string
  /** Bounded in time, never fails. */
  readonly check: Effect.Effect<boolean>
  /** Requests go on without it, in a stated degraded mode. */
  readonly optional?: boolean
}

export const layerReadiness = <R>(parts: Effect.Effect<ReadonlyArray<ReadinessPart>, never, R>) =>
  Layer.effect(
    Readiness,
    Effect.gen(function* () {
      const draining = yield* Ref.make(false)
      const all = yield* parts
      return {
        check: Effect.gen(function* () {
          const answers = yield* Effect.forEach(all, (part) => Effect.map(part.check, (up) => ({ part, up })), {
            concurrency: "unbounded"
          })
          const isDraining = yield* Ref.get(draining)
          const rows = answers.map(
            ({ part, up }) => [part.name, up ? "up" : part.optional === true ? "degraded" : "down"] as const
          )
          return {
            ready: !isDraining && answers.every(({ part, up }) => up || part.optional === true),
            parts: Object.fromEntries([...rows, ["process", isDraining ? "draining" : "up"]])
          }
        }),
        setDraining: Ref.set(draining, true)
      }
    })
  )
