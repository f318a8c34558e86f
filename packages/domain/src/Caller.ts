/** Who asks: verified by a door, never taken from a payload. */
import { Context, Schema } from "effect"
import { PrincipalId, RequestId, TenantId } from "./Ids.ts"

/** `admin` manages every tenant, `owner` its own tenant, `member` chats; `guest` was invited into a room, and takes part in it and nothing else. */
export const Role = Schema.Literals(["admin", "owner", "member", "guest"])
export type Role = typeof Role.Type

/** What an API key may be used for. */
export const Scope = Schema.Literals(["chat", "completions", "keys", "tenants", "metrics"])
export type Scope = typeof Scope.Type

export const CallerInfo = Schema.Struct({
  tenantId: TenantId,
  principalId: PrincipalId,
  roles: Schema.Array(Role),
  scopes: Schema.Array(Scope),
  requestId: RequestId
})
export type CallerInfo = typeof CallerInfo.Type

export class Caller extends Context.Service<Caller, CallerInfo>()("@parley/domain/Caller") {}
