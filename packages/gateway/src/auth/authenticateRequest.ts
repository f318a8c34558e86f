/** Who asks, on the doors that speak HTTP. */
import type { Authenticator } from "@parley/domain/Administration"
import type { CallerInfo, Scope } from "@parley/domain/Caller"
import { Forbidden, Unauthorized, type Unavailable } from "@parley/domain/Errors"
import type { RequestId } from "@parley/domain/Ids"
import { Secret } from "@parley/domain/Secret"
import { Effect } from "effect"
import type { Headers } from "effect/http"

/** `authorization: Bearer pk_…`, or `x-api-key: pk_…`, which some clients send instead. */
export const presentedKey = (headers: Headers.Headers): string | undefined => {
  const authorization = headers["authorization"]
  if (authorization === undefined) return headers["x-api-key"]
  return authorization.slice(0, bearer.length).toLowerCase() === bearer ? authorization.slice(bearer.length).trim() : undefined
}

const bearer = "bearer "

export const authenticateRequest = (
  authenticator: Authenticator["Service"],
  headers: Headers.Headers,
  requestId: RequestId
): Effect.Effect<CallerInfo, Unauthorized | Forbidden | Unavailable> => {
  const key = presentedKey(headers)
  return key === undefined || key === "" ? Effect.fail(noKey()) : authenticator.authenticate(new Secret(key), requestId)
}

const noKey = () => new Unauthorized({ message: "Send an API key: `authorization: Bearer pk_…`." })

/** The key is good, but what may it be used for? */
export const requireScope = (caller: CallerInfo, scope: Scope): Effect.Effect<CallerInfo, Forbidden> =>
  caller.scopes.includes(scope)
    ? Effect.succeed(caller)
    : Effect.fail(new Forbidden({ message: `This key does not have the scope \`${scope}\`; use one that has it.` }))
