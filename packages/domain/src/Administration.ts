/** Tenants and their API keys, as the doors see them. */
import { Context, Schema } from "effect"
import type { Effect } from "effect"
import type { Caller, CallerInfo } from "./Caller.ts"
import { Role, Scope } from "./Caller.ts"
import type { Conflict, Forbidden, InternalError, InvalidRequest, NotFound, Unauthorized, Unavailable } from "./Errors.ts"
import { ApiKeyId, PrincipalId, TenantId } from "./Ids.ts"
import type { RequestId } from "./Ids.ts"
import { TimestampMs } from "./Message.ts"
import { DisplayName } from "./Names.ts"
import type { Secret } from "./Secret.ts"

export const Tenant = Schema.Struct({
  id: TenantId,
  name: Schema.String,
  /** A suspended tenant's keys answer 403. */
  status: Schema.Literals(["active", "suspended"]),
  createdAtMs: TimestampMs
})
export type Tenant = typeof Tenant.Type

export const ApiKey = Schema.Struct({
  id: ApiKeyId,
  principalId: PrincipalId,
  displayName: Schema.String,
  /** The first characters, to recognise it by; the key itself is stored only as a hash. */
  prefix: Schema.String,
  roles: Schema.Array(Role),
  scopes: Schema.Array(Scope),
  createdAtMs: TimestampMs,
  expiresAtMs: Schema.NullOr(TimestampMs),
  revokedAtMs: Schema.NullOr(TimestampMs),
  lastUsedAtMs: Schema.NullOr(TimestampMs)
})
export type ApiKey = typeof ApiKey.Type

export const CreateTenant = Schema.Struct({
  name: DisplayName
})
export type CreateTenant = typeof CreateTenant.Type

export const CreateApiKey = Schema.Struct({
  displayName: DisplayName,
  /** `member` when absent. Nobody can give more than they have. */
  roles: Schema.optionalKey(Schema.Array(Role).check(Schema.isMaxLength(3))),
  /** `chat` and `completions` when absent. */
  scopes: Schema.optionalKey(Schema.Array(Scope).check(Schema.isMaxLength(8))),
  expiresAtMs: Schema.optionalKey(TimestampMs),
  /** An existing principal of the tenant; a new one when absent. */
  principalId: Schema.optionalKey(PrincipalId)
})
export type CreateApiKey = typeof CreateApiKey.Type

/** The only time that the key itself is told. */
export const IssuedApiKey = Schema.Struct({ apiKey: ApiKey, secret: Schema.String })
export type IssuedApiKey = typeof IssuedApiKey.Type

export const CreatedTenant = Schema.Struct({ tenant: Tenant, ownerKey: IssuedApiKey })
export type CreatedTenant = typeof CreatedTenant.Type

type AdministrationError = Forbidden | NotFound | Conflict | InvalidRequest | Unavailable | InternalError

/** Turns a presented key into a caller. Verified keys are cached for a bounded time; a revocation is seen at once in this process. */
export class Authenticator extends Context.Service<
  Authenticator,
  {
    readonly authenticate: (
      key: Secret,
      requestId: RequestId
    ) => Effect.Effect<CallerInfo, Unauthorized | Forbidden | Unavailable>
  }
>()("@parley/domain/Authenticator") {}

export class Administration extends Context.Service<
  Administration,
  {
    readonly createTenant: (input: CreateTenant) => Effect.Effect<CreatedTenant, AdministrationError, Caller>
    readonly listTenants: Effect.Effect<ReadonlyArray<Tenant>, AdministrationError, Caller>
    readonly getTenant: (id: TenantId) => Effect.Effect<Tenant, AdministrationError, Caller>
    readonly createApiKey: (input: CreateApiKey) => Effect.Effect<IssuedApiKey, AdministrationError, Caller>
    readonly listApiKeys: Effect.Effect<ReadonlyArray<ApiKey>, AdministrationError, Caller>
    readonly revokeApiKey: (id: ApiKeyId) => Effect.Effect<ApiKey, AdministrationError, Caller>
  }
>()("@parley/domain/Administration") {}

/** What `/health/ready` answers: true only when every part that requests need is there and the process is not draining. */
export class Readiness extends Context.Service<
  Readiness,
  {
    readonly check: Effect.Effect<{ readonly ready: boolean; readonly parts: Readonly<Record<string, string>> }>
    readonly setDraining: Effect.Effect<void>
  }
>()("@parley/domain/Readiness") {}
