/** What each command does, and the frame that answers it. */
import { Effect } from "effect"
import type { Caller } from "@parley/domain/Caller"
import type { ConversationError } from "@parley/domain/Errors"
import { Busy } from "@parley/domain/Errors"
import type { ClientFrame } from "@parley/domain/SocketProtocol"
import { openLink } from "./ConversationLink.ts"
import { busyRetryAfterMs, socketLimits } from "./socketLimits.ts"
import type { SocketSession } from "./SocketSession.ts"
import { acceptedFrame, cancelledFrame, doneFrame } from "./writeFrame.ts"

/** A frame about a conversation that is answered. */
export type Command = Extract<ClientFrame, { readonly id: string; readonly conversationId: string }>

/** It goes on when the socket closes: the person who sent it meant it. The others are only about what this socket hears. */
export const outlivesSocket = (command: Command): boolean =>
  command.type === "send" || command.type === "regenerate" || command.type === "edit" || command.type === "cancel"

export const answerCommand = (session: SocketSession, command: Command): Effect.Effect<string, ConversationError, Caller> => {
  const { conversations } = session.host
  switch (command.type) {
    case "send": {
      const { conversationId, id, traceparent: _, type: __, ...send } = command
      return Effect.map(conversations.send(conversationId, send), (accepted) => acceptedFrame(id, accepted))
    }
    case "regenerate": {
      const { conversationId, id, traceparent: _, type: __, ...regenerate } = command
      return Effect.map(conversations.regenerate(conversationId, regenerate), (accepted) => acceptedFrame(id, accepted))
    }
    case "edit": {
      const { conversationId, id, traceparent: _, type: __, ...edit } = command
      return Effect.map(conversations.edit(conversationId, edit), (accepted) => acceptedFrame(id, accepted))
    }
    case "cancel":
      return Effect.map(conversations.cancel(command.conversationId, command.runId), (run) => cancelledFrame(command.id, run))
    case "follow":
      return followRoom(session, command)
    case "subscribe":
      return followRun(session, command)
    case "unfollow":
      return Effect.sync(() => {
        session.dropLink(command.conversationId)
        return doneFrame(command.id)
      })
    case "unsubscribe":
      return Effect.sync(() => {
        const link = session.links?.get(command.conversationId)
        link?.runs.delete(command.runId)
        link?.follower.unsubscribe(command.runId)
        if (link?.isIdle === true) session.dropLink(command.conversationId)
        return doneFrame(command.id)
      })
  }
}

const followRoom = Effect.fnUntraced(function* (session: SocketSession, command: Extract<Command, { readonly type: "follow" }>) {
  const link = yield* openLink(session, command.conversationId)
  const hadRoom = link.hasRoom
  link.hasRoom = true
  yield* link.follower.subscribeRoom(command.afterSeq).pipe(
    Effect.onError(() =>
      Effect.sync(() => {
        link.hasRoom = hadRoom
        if (link.isIdle) session.dropLink(command.conversationId)
      })
    )
  )
  return doneFrame(command.id)
})

const followRun = Effect.fnUntraced(function* (
  session: SocketSession,
  command: Extract<Command, { readonly type: "subscribe" }>
) {
  const { afterSeq, conversationId, epoch, runId } = command
  if (session.subscribedRuns() >= socketLimits.runs && session.links?.get(conversationId)?.runs.has(runId) !== true) {
    return yield* new Busy({
      message: `a socket is subscribed to at most ${socketLimits.runs} unfinished runs`,
      retryAfterMs: busyRetryAfterMs
    })
  }
  const link = yield* openLink(session, conversationId)
  link.runs.add(runId)
  const cursor = { ...(epoch === undefined ? {} : { epoch }), ...(afterSeq === undefined ? {} : { afterSeq }) }
  yield* link.follower.subscribe(runId, cursor).pipe(
    Effect.onError(() =>
      Effect.sync(() => {
        link.runs.delete(runId)
        if (link.isIdle) session.dropLink(conversationId)
      })
    )
  )
  return doneFrame(command.id)
})
