/** `/api/session`: coming in by a link or a key, and going out. The secret goes into a cookie and into no body. */
import { ParleyApi } from "@parley/domain/api/ParleyApi"
import { SignIns, type SignedIn } from "@parley/domain/SignIns"
import { Clock, Effect } from "effect"
import { type HttpServerRequest, HttpServerResponse } from "effect/http"
import { apiGroup } from "./apiGroup.ts"
import { presentedKey } from "../auth/authenticateRequest.ts"
import { clearSession, headerOf, sessionOf, setSession } from "../auth/sessionCookie.ts"
import { orProblem } from "./renderProblem.ts"

/** The answer with the cookie of a new session. */
export const withSession = Effect.fnUntraced(function* (
  request: HttpServerRequest.HttpServerRequest,
  { secret, session }: SignedIn,
  body: unknown,
  status: number
) {
  const nowMs = yield* Clock.currentTimeMillis
  return HttpServerResponse.jsonUnsafe(body, {
    status,
    headers: {
      "cache-control": "no-store",
      "set-cookie": setSession(headerOf(request), secret, Math.max(0, session.expiresAtMs - nowMs))
    }
  })
})

export const userAgentOf = (request: HttpServerRequest.HttpServerRequest): string => request.headers["user-agent"] ?? ""

export const layerSessionHandlers = apiGroup(ParleyApi, "session", (handlers) =>
  Effect.gen(function* () {
    const signIns = yield* SignIns
    return handlers.handleAll({
      signIn: ({ payload, request }) =>
        orProblem(
          Effect.gen(function* () {
            const former = sessionOf(headerOf(request))
            const signedIn = yield* signIns.signIn(payload, userAgentOf(request))
            if (former !== undefined) yield* signIns.signOut(former)
            return yield* withSession(request, signedIn, signedIn.whoAmI, 201)
          })
        ),
      whoAmI: ({ request }) =>
        orProblem(signIns.whoAmI(presentedKey(request.headers) === undefined ? sessionOf(headerOf(request)) : undefined)),
      signOut: ({ request }) =>
        orProblem(
          Effect.gen(function* () {
            const session = sessionOf(headerOf(request))
            if (session !== undefined) yield* signIns.signOut(session)
            return HttpServerResponse.empty({ status: 204, headers: { "set-cookie": clearSession(headerOf(request)) } })
          })
        ),
      listSessions: () => orProblem(signIns.list),
      revokeSession: ({ params }) => orProblem(signIns.revoke(params.id))
    })
  })
)
