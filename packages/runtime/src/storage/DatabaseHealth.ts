/** Whether Postgres answers: one part of readiness. */
import { Context, Effect, Fiber, Layer } from "effect"
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
    Effect.map(Sessions, ({ ping }) =>
      DatabaseHealth.of({
        check: ping.pipe(
          // In a fiber of its own: a ping under way cannot be taken back, and must not hold up the answer.
          Effect.forkDetach,
          Effect.flatMap((fiber) => Effect.timeout(Fiber.join(fiber), timeoutMs)),
          Effect.match({ onFailure: () => false, onSuccess: () => true })
        )
      })
    )
  )
}
