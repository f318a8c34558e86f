/** A run's frames as server-sent events, from `Last-Event-ID` on; the answer ends after the run's terminal. */
import type { Caller } from "@parley/domain/Caller"
import type { RunCursor } from "@parley/domain/ConversationCommand"
import type { Conversations } from "@parley/domain/Conversations"
import type { ConversationError } from "@parley/domain/Errors"
import type { ConversationId, RunId } from "@parley/domain/Ids"
import { CloseCode } from "@parley/domain/SocketProtocol"
import { Deferred, Effect, Exit } from "effect"
import { type Headers, type HttpServerRequest, HttpServerResponse } from "effect/http"
import { CurrentRequestId } from "../auth/CurrentRequest.ts"
import { countedPush } from "../countedPush.ts"
import type { PushWriter } from "../server/PushResponse.ts"
import { endedRun } from "../socket/endedRun.ts"
import { eventOf, eventStreamHeaders, pingEveryMs, preamble, readCursor } from "./eventStream.ts"
import { problemResponse } from "./renderProblem.ts"

interface Subject {
  readonly conversations: Conversations["Service"]
  readonly id: ConversationId
  readonly runId: RunId
  readonly cursor: RunCursor
}

export const runEvents = (
  conversations: Conversations["Service"],
  id: ConversationId,
  runId: RunId,
  headers: Headers.Headers
): Effect.Effect<HttpServerResponse.HttpServerResponse, ConversationError, Caller | HttpServerRequest.HttpServerRequest> =>
  Effect.gen(function* () {
    const cursor = yield* readCursor(headers["last-event-id"])
    // Asked before the answer begins, so that an unknown conversation or run is 404 and not an empty stream.
    const { status } = yield* conversations.run(id, runId)
    const subject = { conversations, id, runId, cursor }
    return yield* status === "running" ? live(subject) : past(subject)
  })

/** All there will ever be is known: the replay as a whole, or 204 when there is nothing new, which stops a browser's `EventSource` from asking again. */
const past = ({ conversations, cursor, id, runId }: Subject) =>
  Effect.gen(function* () {
    let text = ""
    const follower = yield* conversations.follow(id, {
      acknowledges: false,
      bufferedBytes: () => 0,
      send: (frame) => {
        if (!isCaughtUp(frame)) text += eventOf(frame)
      },
      close: () => {}
    })
    yield* follower.subscribe(runId, cursor)
    return text === ""
      ? HttpServerResponse.empty({ status: 204 })
      : HttpServerResponse.text(preamble + text, { contentType: "text/event-stream", headers: eventStreamHeaders })
  }).pipe(Effect.scoped)

const live = (subject: Subject) =>
  Effect.flatMap(CurrentRequestId, (requestId) =>
    countedPush({
      requestId,
      render: (error) => problemResponse(error, requestId),
      headers: eventStreamHeaders,
      start: (writer) => Effect.scoped(followLive(subject, writer))
    })
  )

const followLive = ({ conversations, cursor, id, runId }: Subject, writer: PushWriter) =>
  Effect.gen(function* () {
    const over = yield* Deferred.make<void>()
    const end = () => Deferred.doneUnsafe(over, Exit.void)
    let ended = false
    const follower = yield* conversations.follow(id, {
      acknowledges: false,
      bufferedBytes: writer.bufferedBytes,
      send: (frame) => {
        if (ended) return
        ended = endedRun(frame) !== undefined
        writer.write(eventOf(frame))
        if (ended) end()
      },
      close: (code, reason) => {
        if (code === CloseCode.gone) writer.write(`event: gone\ndata: ${JSON.stringify({ code, reason })}\n\n`)
        end()
      }
    })
    // The follower looks at `bufferedBytes`; this is its sign to look again.
    writer.onDrain(follower.drained)
    // The head goes out with the first write: a client should know at once that it is connected.
    writer.write(preamble)
    yield* Effect.acquireRelease(
      Effect.sync(() => setInterval(() => writer.write(": ping\n\n"), pingEveryMs)),
      (ping) => Effect.sync(() => clearInterval(ping))
    )
    yield* follower.subscribe(runId, cursor).pipe(
      Effect.andThen(Deferred.await(over)),
      // The client comes again with its `Last-Event-ID`, and is then answered with the error's own status.
      Effect.catch((error) => Effect.logWarning("Following a run ended early", error))
    )
  })

const isCaughtUp = (frame: string): boolean => frame.startsWith('{"type":"caught-up"')
