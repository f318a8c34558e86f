/** What a client may ask of a conversation. The tenant and the author come from the verified caller. */
import { Schema } from "effect"
import { UserContent } from "./Content.ts"
import { ClientMessageId, Epoch, MessageId, RunId } from "./Ids.ts"
import { ModelParameters } from "./ModelRequest.ts"

const ask = {
  clientMessageId: ClientMessageId,
  /** `provider/model` or a bare name; the conversation's own when absent. */
  model: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(256))),
  parameters: Schema.optionalKey(ModelParameters)
}

export const Send = Schema.Struct({
  ...ask,
  content: UserContent,
  /** The message it follows; the newest leaf of the newest branch when absent, the root when null. */
  parentId: Schema.optionalKey(Schema.NullOr(MessageId)),
  /** False: a message to the people in the room only; no model answers. */
  reply: Schema.optionalKey(Schema.Boolean)
})
export type Send = typeof Send.Type

/** Another answer to the same question: a sibling of `messageId`, an assistant's message. */
export const Regenerate = Schema.Struct({ ...ask, messageId: MessageId })
export type Regenerate = typeof Regenerate.Type

/** A new version of one's own message: a sibling of `messageId`, which begins a new branch. */
export const Edit = Schema.Struct({ ...ask, messageId: MessageId, content: UserContent })
export type Edit = typeof Edit.Type

/** The answer to `Send`, `Regenerate` and `Edit`. The same for every retry under one `clientMessageId`. */
export const Accepted = Schema.Struct({
  /** The person's message; for a regeneration the one that is answered again. */
  messageId: MessageId,
  /** Absent when no model answers. */
  run: Schema.NullOr(Schema.Struct({ runId: RunId, messageId: MessageId, epoch: Epoch })),
  /** True when it was accepted before under this `clientMessageId`. */
  duplicate: Schema.Boolean
})
export type Accepted = typeof Accepted.Type

/** Where a follower of a run stands; both absent: from the beginning. */
export const RunCursor = Schema.Struct({
  epoch: Schema.optionalKey(Epoch),
  afterSeq: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)))
})
export type RunCursor = typeof RunCursor.Type
