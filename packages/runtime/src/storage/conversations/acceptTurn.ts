/**
 * A turn, accepted: what `send`, `regenerate` and `edit` store. One statement, since it stands between a person's message and
 * the first token of the answer.
 *
 * Everything is decided on what the statement reads; where two of the same conversation meet (its actor is the only writer, but for the moment of a
 * take-over), a constraint refuses the second, and it is decided again on what is then there.
 */
import { Clock, Effect, Schema } from "effect"
import type { SqlError } from "effect/sql"
import { Accepted } from "@parley/domain/ConversationCommand"
import type { Send } from "@parley/domain/ConversationCommand"
import { Conflict, InvalidRequest, NotFound } from "@parley/domain/Errors"
import type { Unavailable } from "@parley/domain/Errors"
import { MessageId } from "@parley/domain/Ids"
import type { Message } from "@parley/domain/Message"
import type { RoomEvent } from "@parley/domain/RoomFrame"
import { decodeRows } from "../decodeRows.ts"
import type { AcceptResult, ConversationStore, StoredRoomEvent } from "../ConversationStore.ts"
import { orUnavailable } from "../sqlFailure.ts"
import type { TenantSql } from "../TenantSql.ts"
import { conversationNotFound } from "./roomLog.ts"
import { runStarted, turnStatement } from "./turnStatement.ts"
import type { Target, Turn } from "./turnStatement.ts"

/** Decisions that may lose against another one before the turn is given up. */
const maxDecisions = 4

const Decision = Schema.Struct({
  isFound: Schema.Boolean,
  remembered: Schema.NullOr(Schema.Struct({ messageId: Accepted.fields.messageId, run: Accepted.fields.run })),
  hasTarget: Schema.Boolean,
  fault: Schema.NullOr(Schema.String),
  isBusy: Schema.Boolean,
  /** The room's number before the turn; null when nothing was stored. */
  roomSeq: Schema.NullOr(Schema.Int),
  parentId: Schema.NullOr(MessageId)
})
const decodeDecision = decodeRows(Decision)

/** The messages that the turn adds, in the order of their events, but for what only the database knows. */
const messagesOf =
  ({ content, context, key }: Turn, nowMs: number) =>
  (parentId: MessageId | null): ReadonlyArray<Message> => {
    const blank = {
      conversationId: key.conversationId,
      askedModel: null,
      answeredBy: null,
      finishReason: null,
      usage: null,
      error: null,
      lastSeq: null,
      createdAtMs: nowMs
    }
    const said: ReadonlyArray<Message> =
      content === null
        ? []
        : [
            {
              ...blank,
              id: context.messageId,
              parentId,
              role: "user",
              authorId: context.authorId,
              content,
              status: "complete",
              runId: null,
              model: null
            }
          ]
    if (context.run === null) return said
    return [
      ...said,
      {
        ...blank,
        id: context.run.messageId,
        parentId: content === null ? parentId : context.messageId,
        role: "assistant",
        authorId: null,
        content: [],
        status: "streaming",
        runId: context.run.runId,
        model: context.run.model
      }
    ]
  }

/** Another turn of the same conversation came between: nothing was stored, and the next look will see it. */
const isOvertaken = (error: SqlError.SqlError): boolean =>
  error.reason._tag === "UniqueViolation" || error.reason._tag === "ConstraintError"

const faults: Readonly<Record<string, string>> = {
  "not-answer": "only an assistant's answer to a message can be regenerated",
  "not-own": "only one's own message can be edited"
}

const accept = Effect.fnUntraced(function* (
  tenantSql: TenantSql["Service"],
  turn: Turn
): Effect.fn.Return<AcceptResult, NotFound | Conflict | InvalidRequest | Unavailable> {
  const nowMs = yield* Clock.currentTimeMillis
  const rows = yield* tenantSql.tryWrite(turn.key.tenantId, turnStatement(turn, nowMs)).pipe(
    Effect.retry({ while: (error) => error._tag === "SqlError" && isOvertaken(error), times: maxDecisions - 1 }),
    Effect.catchTag("SqlError", (error) => orUnavailable(error, false))
  )
  const [decision] = yield* decodeDecision(rows)
  if (decision === undefined || !decision.isFound) return yield* conversationNotFound
  if (decision.remembered !== null) {
    return { accepted: { ...decision.remembered, duplicate: true }, roomEvents: [] }
  }
  if (!decision.hasTarget) return yield* new NotFound({ message: "no such message", resource: "message" })
  if (decision.fault !== null) {
    const message = faults[decision.fault] ?? decision.fault
    return yield* new InvalidRequest({ message, issues: [{ path: "messageId", message }] })
  }
  if (decision.roomSeq === null) {
    return yield* new Conflict({ message: "another answer is still being written in this conversation" })
  }
  const { run } = turn.context
  const events: ReadonlyArray<RoomEvent> = [
    ...messagesOf(turn, nowMs)(decision.parentId).map((message): RoomEvent => ({ type: "message-added", message })),
    ...(run === null ? [] : [runStarted(run)])
  ]
  const firstSeq = decision.roomSeq + 1
  const messageId = turn.content === null ? decision.parentId : turn.context.messageId
  if (messageId === null) return yield* Effect.die(new Error("a regeneration without a question"))
  return {
    accepted: {
      messageId,
      run: run === null ? null : { runId: run.runId, messageId: run.messageId, epoch: run.epoch },
      duplicate: false
    },
    roomEvents: events.map((event, index): StoredRoomEvent => ({ seq: firstSeq + index, event }))
  }
})

const targetOfSend = ({ parentId }: Send): Target => {
  if (parentId === undefined) return "newest"
  return parentId === null ? "root" : "after"
}

type Accepting = Pick<ConversationStore["Service"], "acceptSend" | "acceptRegenerate" | "acceptEdit">

export const accepting = (tenantSql: TenantSql["Service"]): Accepting => ({
  acceptSend: Effect.fn("ConversationStore.acceptSend")((key, command, context) =>
    Effect.catchTag(
      accept(tenantSql, {
        key,
        clientMessageId: command.clientMessageId,
        context,
        target: targetOfSend(command),
        targetId: command.parentId ?? null,
        content: command.content
      }),
      "InvalidRequest",
      Effect.die
    )
  ),

  acceptRegenerate: Effect.fn("ConversationStore.acceptRegenerate")((key, command, context) =>
    accept(tenantSql, {
      key,
      clientMessageId: command.clientMessageId,
      context,
      target: "regenerated",
      targetId: command.messageId,
      content: null
    })
  ),

  acceptEdit: Effect.fn("ConversationStore.acceptEdit")((key, command, context) =>
    accept(tenantSql, {
      key,
      clientMessageId: command.clientMessageId,
      context,
      target: "edited",
      targetId: command.messageId,
      content: command.content
    })
  )
})
