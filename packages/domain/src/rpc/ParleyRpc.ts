/**
 * The calls of internal services, over `POST /rpc`: one JSON message a line, the answer streamed. `ParleyRpcClient` is its client.
 *
 * The tenant and the author come from the key of the call (`RpcAuth`), never from a payload. A stream that its caller leaves is over: its
 * follower is released, or its completion's provider call is aborted. A run itself goes on; only `Cancel` stops it.
 */
import { Schema } from "effect"
import { Rpc, RpcGroup } from "effect/rpc"
import { Accepted, Edit, Regenerate, RunCursor, Send } from "../ConversationCommand.ts"
import { maxCursorLength, maxPageItems, NewConversation, RunInfo } from "../Conversations.ts"
import { Busy, ContextTooLong, ConversationError, Forbidden, ModelNotFound, ModelUnsuited } from "../Errors.ts"
import { ConversationId, RunId } from "../Ids.ts"
import { Conversation, Message } from "../Message.ts"
import { ModelAnswer, ModelEvent } from "../ModelEvent.ts"
import { ModelInfo } from "../ModelProvider.ts"
import { ModelRequest } from "../ModelRequest.ts"
import { ProviderError } from "../ProviderError.ts"
import { RoomFrame } from "../RoomFrame.ts"
import { RunFrame } from "../RunFrame.ts"
import { RpcAuth } from "./RpcAuth.ts"

const of = { conversationId: ConversationId }

const CompletionError = Schema.Union([ModelNotFound, ModelUnsuited, ContextTooLong, Forbidden, Busy, ...ProviderError.members])

export class ParleyRpc extends RpcGroup.make(
  Rpc.make("CreateConversation", {
    payload: NewConversation,
    success: Conversation,
    error: ConversationError
  }),
  Rpc.make("GetConversation", { payload: of, success: Conversation, error: ConversationError }),
  Rpc.make("ListMessages", {
    payload: {
      ...of,
      /** `nextCursor` of the page before. */
      cursor: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(maxCursorLength))),
      limit: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: maxPageItems })))
    },
    success: Schema.Struct({
      items: Schema.Array(Message),
      nextCursor: Schema.NullOr(Schema.String)
    }),
    error: ConversationError
  }),
  Rpc.make("Send", {
    payload: { ...of, ...Send.fields },
    success: Accepted,
    error: ConversationError
  }),
  Rpc.make("Regenerate", {
    payload: { ...of, ...Regenerate.fields },
    success: Accepted,
    error: ConversationError
  }),
  Rpc.make("Edit", {
    payload: { ...of, ...Edit.fields },
    success: Accepted,
    error: ConversationError
  }),
  Rpc.make("Cancel", {
    payload: { ...of, runId: RunId },
    success: RunInfo,
    error: ConversationError
  }),
  Rpc.make("GetRun", {
    payload: { ...of, runId: RunId },
    success: RunInfo,
    error: ConversationError
  }),
  /** From the cursor to the run's terminal, `closed` or `gone`; then it ends. Frames are applied as docs/websocket.md says. */
  Rpc.make("FollowRun", {
    payload: { ...of, runId: RunId, ...RunCursor.fields },
    success: RunFrame,
    error: ConversationError,
    stream: true
  }),
  /** The room's events and presence, and the frames of each new run; it ends when its caller leaves it. */
  Rpc.make("FollowRoom", {
    payload: {
      ...of,
      afterSeq: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)))
    },
    success: Schema.Union([...RoomFrame.members, ...RunFrame.members]),
    error: ConversationError,
    stream: true
  }),
  Rpc.make("Complete", { payload: ModelRequest, success: ModelAnswer, error: CompletionError }),
  /** Each element is all the events of one chunk of the provider's. */
  Rpc.make("StreamCompletion", {
    payload: ModelRequest,
    success: Schema.Array(ModelEvent),
    error: CompletionError,
    stream: true
  }),
  Rpc.make("ListModels", {
    error: CompletionError,
    success: Schema.Array(ModelInfo)
  })
).middleware(RpcAuth) {}
