/** Who asks: `authorization: Bearer pk_…`, or `x-api-key: pk_…`. */
import { HttpApiMiddleware, HttpApiSecurity } from "effect/http-api"
import type { Caller } from "../Caller.ts"

export class Authentication extends HttpApiMiddleware.Service<Authentication, { provides: Caller }>()(
  "@parley/domain/api/Authentication",
  {
    requiredForClient: true,
    security: { bearer: HttpApiSecurity.bearer, apiKey: HttpApiSecurity.apiKey({ in: "header", key: "x-api-key" }) }
  }
) {}
