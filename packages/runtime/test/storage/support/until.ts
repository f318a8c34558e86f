/** Polls a condition of the outside world, up to a bound: a test never sleeps for a time and hopes. */
import { Effect, Schedule } from "effect"

const everyMs = 10
const maxPolls = 1_000

export const until = <E, R>(condition: Effect.Effect<boolean, E, R>): Effect.Effect<void, E, R> =>
  condition.pipe(
    Effect.repeat({ until: (holds) => holds, times: maxPolls, schedule: Schedule.spaced(everyMs) }),
    Effect.flatMap((holds) => (holds ? Effect.void : Effect.die(new Error("the condition never came to hold"))))
  )
