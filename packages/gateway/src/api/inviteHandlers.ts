/** Invites: whoever accepts one joins its room, as who they are or as a guest with a new session. */
import { Authenticator } from "@parley/domain/Administration"
import { ParleyApi } from "@parley/domain/api/ParleyApi"
import { Caller } from "@parley/domain/Caller"
import { Conversations } from "@parley/domain/Conversations"
import { Invites, type InviteAccepted } from "@parley/domain/Invites"
import { Effect } from "effect"
import type { HttpServerRequest } from "effect/http"
import { apiGroup } from "./apiGroup.ts"
import { CurrentRequestId } from "../auth/CurrentRequest.ts"
import { headerOf, sessionOf } from "../auth/sessionCookie.ts"
import { chat } from "./chat.ts"
import { orProblem } from "./renderProblem.ts"
import { userAgentOf, withSession } from "./sessionHandlers.ts"

export const layerInviteHandlers = apiGroup(ParleyApi, "invites", (handlers) =>
  Effect.gen(function* () {
    const invites = yield* Invites
    const conversations = yield* Conversations
    const authenticator = yield* Authenticator

    /** A session that is no longer good is the same as none: its holder comes in as a guest. */
    const visitor = Effect.fnUntraced(function* (request: HttpServerRequest.HttpServerRequest) {
      const session = sessionOf(headerOf(request))
      if (session === undefined) return undefined
      return yield* Effect.catchTags(authenticator.authenticate(session, yield* CurrentRequestId), {
        Unauthorized: () => Effect.succeed(undefined),
        Forbidden: () => Effect.succeed(undefined)
      })
    })

    return handlers.handleAll({
      createInvite: ({ params, payload }) => chat(invites.create(params.id, payload)),
      listInvites: ({ params }) => chat(invites.list(params.id)),
      revokeInvite: ({ params }) => chat(invites.revoke(params.id)),
      previewInvite: ({ payload }) => orProblem(invites.preview(payload.token)),
      acceptInvite: ({ payload, request }) =>
        orProblem(
          Effect.gen(function* () {
            const redeemed = yield* invites.redeem(payload, yield* visitor(request), userAgentOf(request))
            const { conversationId, signedIn } = redeemed
            const caller = { ...redeemed.caller, requestId: yield* CurrentRequestId }
            yield* conversations.join(conversationId).pipe(
              Effect.provideService(Caller, caller),
              Effect.onError(() => Effect.ignore(invites.giveBack(redeemed)))
            )
            const accepted: InviteAccepted = { conversationId, whoAmI: signedIn?.whoAmI ?? null }
            return signedIn === undefined ? accepted : yield* withSession(request, signedIn, accepted, 200)
          })
        )
    })
  })
)
