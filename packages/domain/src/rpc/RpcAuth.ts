/** How a call over `/rpc` says who asks: the header `authorization: Bearer pk_…` of its request; one of its own goes before it. */
import { RpcMiddleware } from "effect/rpc"
import { Schema } from "effect"
import type { Caller } from "../Caller.ts"
import { Forbidden, Unauthorized, Unavailable } from "../Errors.ts"

export const RpcAuthError = Schema.Union([Unauthorized, Forbidden, Unavailable])
export type RpcAuthError = typeof RpcAuthError.Type

export class RpcAuth extends RpcMiddleware.Service<RpcAuth, { provides: Caller }>()("@parley/domain/rpc/RpcAuth", {
  error: RpcAuthError,
  requiredForClient: true
}) {}
