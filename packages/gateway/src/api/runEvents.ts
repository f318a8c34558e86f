/** A run's frames as server-sent events, from `Last-Event-ID` on; the answer ends after the run's terminal. */
import type { Caller } from "@parley/domain/Caller"
import { CloseCode } from "@parley/domain/SocketProtocol"
import type { RunCursor } from "@parley/domain/ConversationCommand"
import type { Conversations } from "@parley/domain/Conversations"
import { type ConversationError, InvalidRequest } from "@parley/domain/Errors"
import { type ConversationId, Epoch, type RunId } from "@parley/domain/Ids"
import { Deferred, Effect, Exit, Schema } from "effect"
import type { Headers, HttpServerResponse } from "effect/http"
import * as PushResponse from "../server/PushResponse.ts"
import { endedRun } from "../socket/endedRun.ts"

/** Milliseconds between two comments that keep proxies from closing a silent answer. */
export const pingEveryMs = 15_000
/** Milliseconds after which a browser's `EventSource` comes again by itself. */
const reconnectAfterMs = 1_000

export const runEvents = (
  conversations: Conversations["Service"],
  id: ConversationId,
  runId: RunId,
  headers: Headers.Headers
): Effect.Effect<HttpServerResponse.HttpServerResponse, ConversationError, Caller> =>
  Effect.gen(function* () {
    const cursor = yield* readCursor(headers["last-event-id"])
    // Asked before the answer begins, so that an unknown conversation is 404 and not an empty stream.
    yield* conversations.run(id, runId)
    return yield* PushResponse.make({
      headers: { "cache-control": "no-store", "x-accel-buffering": "no" },
      start: (writer) =>
        Effect.gen(function* () {
          const over = yield* Deferred.make<void>()
          const end = () => Deferred.doneUnsafe(over, Exit.void)
          let seenEnd = false
          const follower = yield* conversations.follow(id, {
            acknowledges: false,
            bufferedBytes: writer.bufferedBytes,
            send: (frame) => {
              if (seenEnd) return
              seenEnd = endedRun(frame) !== undefined
              if (!writer.write(eventOf(frame))) writer.onDrain(() => drained())
              if (seenEnd) end()
            },
            close: (code, reason) => {
              if (code === CloseCode.gone) writer.write(`event: gone\ndata: ${JSON.stringify({ code, reason })}\n\n`)
              end()
            }
          })
          const drained = (): void => follower.drained()
          writer.write(`retry: ${reconnectAfterMs}\n\n`)
          const ping = setInterval(() => writer.write(": ping\n\n"), pingEveryMs)
          yield* follower.subscribe(runId, cursor).pipe(
            Effect.andThen(Deferred.await(over)),
            Effect.ensuring(Effect.sync(() => clearInterval(ping)))
          )
        }).pipe(Effect.scoped)
    })
  })

/** `epoch.seq`, as the `id` of the last event says. */
const readCursor = (lastEventId: string | undefined): Effect.Effect<RunCursor, InvalidRequest> => {
  if (lastEventId === undefined || lastEventId === "") return Effect.succeed({})
  const [epoch, seq] = lastEventId.split(".")
  const afterSeq = Number(seq)
  return isEpoch(epoch) && Number.isSafeInteger(afterSeq) && afterSeq >= 0 && seq !== ""
    ? Effect.succeed({ epoch, afterSeq })
    : Effect.fail(
        new InvalidRequest({
          message: "Last-Event-ID is not one of ours; leave it out to begin at the beginning.",
          issues: [{ path: "headers.last-event-id", message: "expected epoch.seq" }]
        })
      )
}

const isEpoch = Schema.is(Epoch)

/**
 * A frame is encoded once for all its followers, so its place is read from its text: `epoch`, `seq` and `count` come before anything that a model or a
 * person wrote.
 */
const place = /"epoch":"(epo_[0-9a-z]{26})","seq":(\d+)(?:,"count":(\d+))?/

const eventOf = (frame: string): string => {
  const found = frame.startsWith('{"type":"delta"') || frame.startsWith('{"type":"snapshot"') ? place.exec(frame) : null
  if (found === null) return `data: ${frame}\n\n`
  const last = Number(found[2]) + (found[3] === undefined ? 0 : Number(found[3]) - 1)
  return `id: ${found[1]}.${last}\ndata: ${frame}\n\n`
}
