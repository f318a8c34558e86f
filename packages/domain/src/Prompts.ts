/** What people keep to say again: prompts for themselves to send, and presets that begin a conversation. */
import { Context, Schema } from "effect"
import type { Effect } from "effect"
import type { Caller } from "./Caller.ts"
import type { Conflict, Forbidden, NotFound, Unavailable } from "./Errors.ts"
import { PrincipalId, PromptId } from "./Ids.ts"
import { TimestampMs } from "./Message.ts"
import { ModelParameters } from "./ModelRequest.ts"
import { DisplayName } from "./Names.ts"

/** Prompts and presets of one person; and the most that a list shows, shared ones of others included. */
export const maxPrompts = 500
export const maxListedPrompts = 2_000
/** In UTF-16 code units. */
export const maxPromptLength = 100_000

/** `preset`: a system prompt, with the model and parameters to go with it. `prompt`: text to send, with `{{gaps}}` that the app asks for. */
export const PromptKind = Schema.Literals(["preset", "prompt"])

const fields = {
  name: DisplayName,
  text: Schema.String.check(Schema.isMaxLength(maxPromptLength)),
  /** Of a preset; null keeps the conversation's. */
  model: Schema.optionalKey(Schema.NullOr(Schema.String.check(Schema.isMaxLength(256)))),
  parameters: Schema.optionalKey(ModelParameters),
  /** Shown to everybody of the tenant but guests. */
  isShared: Schema.optionalKey(Schema.Boolean)
}
export const PromptInput = Schema.Struct({ kind: PromptKind, ...fields })
export type PromptInput = typeof PromptInput.Type
/** Absent fields keep what they are. */
export const PromptChange = Schema.Struct({
  ...fields,
  name: Schema.optionalKey(fields.name),
  text: Schema.optionalKey(fields.text)
})
export type PromptChange = typeof PromptChange.Type

export const Prompt = Schema.Struct({
  id: PromptId,
  kind: PromptKind,
  name: Schema.String,
  text: Schema.String,
  model: Schema.NullOr(Schema.String),
  parameters: ModelParameters,
  isShared: Schema.Boolean,
  ownerId: PrincipalId,
  ownerName: Schema.String,
  createdAtMs: TimestampMs,
  updatedAtMs: TimestampMs
})
export type Prompt = typeof Prompt.Type

type Ask<A, E = never> = Effect.Effect<A, E | Forbidden | Unavailable, Caller>

/** For everybody but guests. */
export class Prompts extends Context.Service<
  Prompts,
  {
    /** The caller's own and those that are shared, by name. */
    readonly list: Ask<ReadonlyArray<Prompt>>
    readonly create: (input: PromptInput) => Ask<Prompt, Conflict>
    /** Only one's own. */
    readonly update: (id: PromptId, change: PromptChange) => Ask<Prompt, NotFound>
    /** One's own; and by an owner of the tenant what is shared. */
    readonly remove: (id: PromptId) => Ask<void, NotFound>
  }
>()("@parley/domain/Prompts") {}
