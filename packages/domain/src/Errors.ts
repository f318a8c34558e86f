/** What can go wrong, said so that the caller knows what to do next. Providers' own errors are in `ProviderError.ts`. */
import { Schema } from "effect"
import { ProviderError } from "./ProviderError.ts"

/** No key, or a key that is wrong, revoked or expired. */
export class Unauthorized extends Schema.TaggedError<Unauthorized>()(
  "Unauthorized",
  { message: Schema.String },
  { httpApiStatus: 401 }
) {}

/** The key is good but may not do this. */
export class Forbidden extends Schema.TaggedError<Forbidden>()("Forbidden", { message: Schema.String }, { httpApiStatus: 403 }) {}

/** It does not exist, or is another tenant's: the two are never told apart. */
export class NotFound extends Schema.TaggedError<NotFound>()(
  "NotFound",
  { message: Schema.String, resource: Schema.String },
  { httpApiStatus: 404 }
) {}

export class ModelNotFound extends Schema.TaggedError<ModelNotFound>()(
  "ModelNotFound",
  { message: Schema.String, model: Schema.String },
  { httpApiStatus: 404 }
) {}

/** There is such a model, but it does something else: an embedding model was asked for an answer, or the reverse. */
export class ModelUnsuited extends Schema.TaggedError<ModelUnsuited>()(
  "ModelUnsuited",
  {
    message: Schema.String,
    model: Schema.String,
    /** What it was asked for. */
    kind: Schema.Literals(["chat", "embedding"]),
    /** Some of those that can do it, and may be asked. */
    suited: Schema.Array(Schema.String)
  },
  { httpApiStatus: 400 }
) {}

/** The prompt is longer than the model's context window. Nothing was asked of its provider. */
export class ContextTooLong extends Schema.TaggedError<ContextTooLong>()(
  "ContextTooLong",
  {
    message: Schema.String,
    model: Schema.String,
    /** Of the window, and counted (or, where nobody can count for that model, estimated with a margin) of the prompt. */
    contextTokens: Schema.Int,
    inputTokens: Schema.Int
  },
  { httpApiStatus: 400 }
) {}

/** The request does not fit the schema; one entry per fault. */
export class InvalidRequest extends Schema.TaggedError<InvalidRequest>()(
  "InvalidRequest",
  {
    message: Schema.String,
    issues: Schema.Array(Schema.Struct({ path: Schema.String, message: Schema.String }))
  },
  { httpApiStatus: 400 }
) {}

export class PayloadTooLarge extends Schema.TaggedError<PayloadTooLarge>()(
  "PayloadTooLarge",
  { message: Schema.String, limitBytes: Schema.Int },
  { httpApiStatus: 413 }
) {}

/** The state does not allow it: the conversation already has an active run, or the name is taken. */
export class Conflict extends Schema.TaggedError<Conflict>()("Conflict", { message: Schema.String }, { httpApiStatus: 409 }) {}

/** A bound is reached for now: a mailbox, the runs of a process, a socket's commands. Nothing was done. */
export class Busy extends Schema.TaggedError<Busy>()(
  "Busy",
  { message: Schema.String, retryAfterMs: Schema.Int },
  { httpApiStatus: 503 }
) {}

/** A part of Parley is away (Postgres, say). `workMayHaveHappened`: retry only under the same client message id. */
export class Unavailable extends Schema.TaggedError<Unavailable>()(
  "Unavailable",
  { message: Schema.String, retryAfterMs: Schema.Int, workMayHaveHappened: Schema.Boolean },
  { httpApiStatus: 503 }
) {}

/** A defect, contained in the actor that had it; the cause is in the log under the request's id. */
export class InternalError extends Schema.TaggedError<InternalError>()(
  "InternalError",
  { message: Schema.String, workMayHaveHappened: Schema.Boolean },
  { httpApiStatus: 500 }
) {}

export const ParleyError = Schema.Union([
  Unauthorized,
  Forbidden,
  NotFound,
  ModelNotFound,
  ModelUnsuited,
  ContextTooLong,
  InvalidRequest,
  PayloadTooLarge,
  Conflict,
  Busy,
  Unavailable,
  InternalError,
  ...ProviderError.members
])
export type ParleyError = typeof ParleyError.Type

/** Errors that any command on a conversation may answer with. */
export const ConversationError = Schema.Union([
  Forbidden,
  NotFound,
  ModelNotFound,
  ModelUnsuited,
  InvalidRequest,
  Conflict,
  Busy,
  Unavailable,
  InternalError
])
export type ConversationError = typeof ConversationError.Type
