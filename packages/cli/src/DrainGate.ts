/** Refuses new turns once it is closed, when a process that answers them itself is asked to stop, on every door; all else of conversations goes on until the end. */
import { Conversations } from "@parley/domain/Conversations"
import { Unavailable } from "@parley/domain/Errors"
import { Context, Effect, Layer } from "effect"

/** Milliseconds after which another process, or this one again, is likely to be there. */
const comeBackAfterMs = 2_000

export class DrainGate extends Context.Service<DrainGate, { readonly close: Effect.Effect<void> }>()("@parley/cli/DrainGate") {}

/** Stands in front of the conversations beneath it. */
export const layerDrainGate = Layer.effectContext(
  Effect.map(Conversations, (conversations) => {
    let isClosed = false
    const gated = <Arguments extends ReadonlyArray<unknown>, A, E, R>(
      turn: (...args: Arguments) => Effect.Effect<A, E, R>
    ): ((...args: Arguments) => Effect.Effect<A, E | Unavailable, R>) => {
      return (...args) => (isClosed ? Effect.fail(stopping()) : turn(...args))
    }
    return Context.make(
      Conversations,
      Conversations.of({
        ...conversations,
        send: gated(conversations.send),
        regenerate: gated(conversations.regenerate),
        edit: gated(conversations.edit)
      })
    ).pipe(
      Context.add(
        DrainGate,
        DrainGate.of({
          close: Effect.sync(() => {
            isClosed = true
          })
        })
      )
    )
  })
)

const stopping = () =>
  new Unavailable({
    message: "Parley is stopping; send it again under the same client message id, here or to another process",
    retryAfterMs: comeBackAfterMs,
    workMayHaveHappened: false
  })
