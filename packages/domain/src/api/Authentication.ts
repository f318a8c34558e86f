/** Who asks: `authorization: Bearer pk_…`, or `x-api-key: pk_…`, or the cookie of a session. */
import { HttpApiMiddleware, HttpApiSecurity } from "effect/http-api"
import type { Caller } from "../Caller.ts"

/** The session's cookie; over https it has the prefix `__Host-`, which no other host can set. */
export const sessionCookie = "parley_session"

export class Authentication extends HttpApiMiddleware.Service<Authentication, { provides: Caller }>()(
  "@parley/domain/api/Authentication",
  {
    requiredForClient: true,
    security: {
      bearer: HttpApiSecurity.bearer,
      apiKey: HttpApiSecurity.apiKey({ in: "header", key: "x-api-key" }),
      session: HttpApiSecurity.apiKey({ in: "cookie", key: sessionCookie })
    }
  }
) {}
