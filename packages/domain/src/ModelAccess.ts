/** Which models a tenant may ask, and the keys of providers that it brought. */
import { Context, Schema } from "effect"
import type { Effect } from "effect"
import type { Caller } from "./Caller.ts"
import type { Forbidden, InternalError, InvalidRequest, NotFound, Unavailable } from "./Errors.ts"
import type { TenantId } from "./Ids.ts"
import { TimestampMs } from "./Message.ts"

export const maxModelPatterns = 200
export const maxProviderKeys = 50

/** `*` stands for any text: `openai/*`, `groq/llama-*`, `*`; without one it is a model's name, or an alias. */
export const ModelPattern = Schema.String.check(Schema.isPattern(/^[^\p{C}\s]{1,256}$/u))

export const AllowedModels = Schema.Struct({
  /** Null: all of them. A model is allowed when one of the patterns fits the name it is asked by, or its `provider/model`. */
  allowedModels: Schema.NullOr(Schema.Array(ModelPattern).check(Schema.isMaxLength(maxModelPatterns)))
})
export type AllowedModels = typeof AllowedModels.Type

/** The prefix of a provider's models. */
export const ProviderName = Schema.String.check(Schema.isPattern(/^[a-z][a-z0-9-]{0,31}$/u))

/** A key that a tenant brought. The key itself is never told again. */
export const ProviderKey = Schema.Struct({
  provider: ProviderName,
  /** Its last characters, to recognise it by. */
  hint: Schema.String,
  createdAtMs: TimestampMs,
  /** False: it was sealed under a master key that this process has not, and is not used until it is set again. */
  isReadable: Schema.Boolean
})
export type ProviderKey = typeof ProviderKey.Type

export const SetProviderKey = Schema.Struct({
  key: Schema.String.check(Schema.isPattern(/^[\x21-\x7e]{8,2048}$/u))
})
export type SetProviderKey = typeof SetProviderKey.Type

type AccessError = Forbidden | NotFound | InvalidRequest | Unavailable | InternalError

/** A change is in force at once in this process, and within half a minute in the others. */
export class ModelAccess extends Context.Service<
  ModelAccess,
  {
    readonly allowedModels: (id: TenantId) => Effect.Effect<AllowedModels, AccessError, Caller>
    readonly setAllowedModels: (id: TenantId, allowed: AllowedModels) => Effect.Effect<AllowedModels, AccessError, Caller>
    readonly providerKeys: (id: TenantId) => Effect.Effect<ReadonlyArray<ProviderKey>, AccessError, Caller>
    readonly setProviderKey: (
      id: TenantId,
      provider: string,
      input: SetProviderKey
    ) => Effect.Effect<ProviderKey, AccessError, Caller>
    readonly removeProviderKey: (id: TenantId, provider: string) => Effect.Effect<ProviderKey, AccessError, Caller>
  }
>()("@parley/domain/ModelAccess") {}
