/** A completion's events as a stream. A reader that is behind pauses the provider; one that leaves aborts it. */
import { Effect, Exit, Stream } from "effect"
import type { Caller } from "@parley/domain/Caller"
import type { CompletionError, CompletionRequest } from "@parley/domain/Completions"
import { Completions } from "@parley/domain/Completions"
import type { ModelEvent } from "@parley/domain/ModelEvent"
import type { StreamControl } from "@parley/domain/ModelProvider"
import { PushBuffer } from "./PushBuffer.ts"

/** Chunks of the provider's that wait for the reader before the provider is paused. */
const maxWaiting = 64

export const completionStream = (
  request: CompletionRequest
): Stream.Stream<ReadonlyArray<ModelEvent>, CompletionError, Caller | Completions> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const completions = yield* Completions
      let paused: StreamControl | undefined
      const chunks = new PushBuffer<ReadonlyArray<ModelEvent>, CompletionError>(() => {
        paused?.resume()
        paused = undefined
      })
      yield* completions
        .stream(request, (events, control) => {
          chunks.push(events)
          if (chunks.length < maxWaiting) return
          paused = control
          control.pause()
        })
        .pipe(
          Effect.onExit((exit) => Effect.sync(() => (Exit.isSuccess(exit) ? chunks.end() : chunks.failCause(exit.cause)))),
          Effect.forkScoped
        )
      return Stream.fromPull(Effect.succeed(chunks.pull))
    })
  )
