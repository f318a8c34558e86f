/**
 * A streamed answer on `/v1`, whatever the door's wire: kept open while it is silent, its provider held back by a client that does not read, and
 * ended once, by the wire's end or by an error of its own, which the end never follows.
 */
import { Caller, type CallerInfo } from "@parley/domain/Caller"
import type { Completions } from "@parley/domain/Completions"
import type { ParleyError } from "@parley/domain/Errors"
import type { ModelAnswer, ModelEvent } from "@parley/domain/ModelEvent"
import type { ModelSink } from "@parley/domain/ModelProvider"
import { Cause, Effect } from "effect"
import type { HttpServerResponse } from "effect/http"
import { countedPush } from "./countedPush.ts"
import { toldError } from "./errorOf.ts"
import { PacedWriter } from "./PacedWriter.ts"
import { RouteTold } from "./routeTold.ts"
import type { PushWriter } from "./server/PushResponse.ts"

/** Milliseconds between the words that tell the client, and the proxies between, that the answer is still coming. */
export const keepAliveMs = 15_000

/** What no client takes for an event. */
export const keepAliveComment = ": keep-alive\n\n"

/** One answer in a door's own shape, as text. */
export interface AnswerWire {
  /** All that one read of the provider's tells, as one text; empty when nothing of it is told. */
  readonly encode: (events: ReadonlyArray<ModelEvent>) => string
  /** What ends a whole answer. */
  readonly end: (answer: ModelAnswer) => string
  /** What ends an answer that broke off after its first byte. */
  readonly fail: (error: ParleyError) => string
  /** Told while nothing else is. */
  readonly keepAlive: () => string
}

export interface StreamedAnswer {
  readonly caller: CallerInfo
  readonly stream: (sink: ModelSink) => ReturnType<Completions["Service"]["stream"]>
  readonly wire: AnswerWire
  /** An answer that failed before its first byte. */
  readonly render: (error: ParleyError) => HttpServerResponse.HttpServerResponse
  /** Those of the door, beside what every stream has. */
  readonly headers?: Readonly<Record<string, string>>
}

export const streamedAnswer = ({ caller, headers, render, stream, wire }: StreamedAnswer) => {
  const { requestId } = caller
  const told = new RouteTold()
  return countedPush({
    requestId,
    render,
    contentType: "text/event-stream; charset=utf-8",
    headers: { "cache-control": "no-store", "x-accel-buffering": "no", "x-request-id": requestId, ...headers },
    lateHeaders: () => told.headers(),
    start: (writer) =>
      Effect.suspend(() => {
        const paced = new PacedWriter(writer)
        const keepAlive = setInterval(() => paced.writeBetween(wire.keepAlive()), keepAliveMs)
        return stream((events, control) => {
          told.see(events, control)
          const text = wire.encode(events)
          if (text === "" || paced.write(text)) return
          control.pause()
          paced.onDrain(control.resume)
        }).pipe(
          Effect.provideService(Caller, caller),
          Effect.flatMap((answer) => {
            paced.write(wire.end(answer))
            return paced.flushed
          }),
          Effect.catchCause((cause) => brokenOff(writer, paced, cause, wire)),
          Effect.onExit(() => Effect.sync(() => clearInterval(keepAlive)))
        )
      })
  })
}

/** Before the first byte the error is an answer of its own. */
const brokenOff = (
  writer: PushWriter,
  paced: PacedWriter,
  cause: Cause.Cause<ParleyError>,
  wire: AnswerWire
): Effect.Effect<void, ParleyError> =>
  Cause.hasInterrupts(cause)
    ? Effect.failCause(cause)
    : Effect.flatMap(toldError(cause), (error) => {
        if (!writer.begun) return Effect.fail(error)
        paced.write(wire.fail(error))
        return paced.flushed
      })
