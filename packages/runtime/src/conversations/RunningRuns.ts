/** How many runs are under way in this process, for who must wait for them before the process ends. */
import { Context, Deferred, Effect, Layer } from "effect"

export class RunningRuns extends Context.Service<
  RunningRuns,
  {
    readonly count: Effect.Effect<number>
    /** True when nothing runs any more; false when the time is over first. */
    readonly awaitIdle: (timeoutMs: number) => Effect.Effect<boolean>
    /** Counts the effect for as long as it is under way. */
    readonly track: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  }
>()("@parley/runtime/conversations/RunningRuns") {
  static readonly layer = Layer.sync(RunningRuns, () => {
    let running = 0
    let idle: Deferred.Deferred<void> | undefined
    const awaitIdle = Effect.suspend(() => {
      if (running === 0) return Effect.succeed(true)
      idle ??= Deferred.makeUnsafe<void>()
      return Effect.as(Deferred.await(idle), true)
    })
    return RunningRuns.of({
      count: Effect.sync(() => running),
      awaitIdle: (timeoutMs) =>
        awaitIdle.pipe(Effect.timeoutOrElse({ duration: timeoutMs, orElse: () => Effect.succeed(false) })),
      track: (effect) =>
        Effect.acquireUseRelease(
          Effect.sync(() => {
            running++
          }),
          () => effect,
          () =>
            Effect.sync(() => {
              running--
              if (running > 0 || idle === undefined) return
              Deferred.doneUnsafe(idle, Effect.void)
              idle = undefined
            })
        )
    })
  })
}
