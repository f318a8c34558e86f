/** Whether Postgres answers: one part of readiness. */
import { Context, Effect, Fiber, Layer, Option } from "effect"
import { Sessions } from "./Sessions.ts"

/** A database that takes longer than this to say anything is not ready. */
const timeoutMs = 2_000

export class DatabaseHealth extends Context.Service<
  DatabaseHealth,
  {
    /** Never fails, and answers within two seconds. */
    readonly check: Effect.Effect<boolean>
  }
>()("@parley/runtime/storage/DatabaseHealth") {
  static readonly layer: Layer.Layer<DatabaseHealth, never, Sessions> = Layer.effect(
    DatabaseHealth,
    Effect.gen(function* () {
      const { ping } = yield* Sessions
      const scope = yield* Effect.scope
      // One ping serves all who ask meanwhile: it cannot be taken back, and a database that hangs is asked often.
      let underway: Fiber.Fiber<boolean> | undefined
      const answered = Effect.match(ping, { onFailure: () => false, onSuccess: () => true })
      const start = Effect.map(Effect.forkIn(answered, scope), (fiber) => {
        underway = fiber
        fiber.addObserver(() => {
          underway = undefined
        })
        return fiber
      })
      return DatabaseHealth.of({
        check: Effect.suspend(() => (underway === undefined ? start : Effect.succeed(underway))).pipe(
          Effect.flatMap((fiber) => Effect.timeoutOption(Fiber.join(fiber), timeoutMs)),
          Effect.map(Option.getOrElse(() => false))
        )
      })
    })
  )
}
