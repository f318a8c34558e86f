/** Who asks on `/api`: a key in the headers, or the cookie of a session, which a page of ours must have sent. */
import type { Authenticator } from "@parley/domain/Administration"
import type { CallerInfo } from "@parley/domain/Caller"
import { Forbidden, type Unauthorized, type Unavailable } from "@parley/domain/Errors"
import type { RequestId } from "@parley/domain/Ids"
import { Effect } from "effect"
import type { HttpServerRequest } from "effect/http"
import { authenticateRequest, presentedKey } from "./authenticateRequest.ts"
import { isForged } from "./requestOrigin.ts"
import { headerOf, sessionOf } from "./sessionCookie.ts"

export const forged = new Forbidden({
  message: "pages of another origin may not do this in your name; PARLEY_ALLOWED_ORIGINS lists further origins"
})

export const authenticateApi = (
  authenticator: Authenticator["Service"],
  request: HttpServerRequest.HttpServerRequest,
  requestId: RequestId,
  allowedOrigins: ReadonlySet<string>
): Effect.Effect<CallerInfo, Unauthorized | Forbidden | Unavailable> => {
  const { headers } = request
  const session = presentedKey(headers) === undefined ? sessionOf(headerOf(request)) : undefined
  if (session === undefined) return authenticateRequest(authenticator, headers, requestId)
  return isForged(request.method, headerOf(request), allowedOrigins)
    ? Effect.fail(forged)
    : authenticator.authenticate(session, requestId)
}
