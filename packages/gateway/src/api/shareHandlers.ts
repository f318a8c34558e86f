/** Links to a branch, what they show, and exports. */
import { ParleyApi } from "@parley/domain/api/ParleyApi"
import { Conversations } from "@parley/domain/Conversations"
import { Shares } from "@parley/domain/Shares"
import { Effect } from "effect"
import { HttpServerResponse } from "effect/http"
import { apiGroup } from "./apiGroup.ts"
import { chat } from "./chat.ts"
import { fileResponse } from "./fileResponse.ts"
import { exportConversation } from "./exportConversation.ts"
import { orProblem } from "./renderProblem.ts"

/** A link may be revoked at any time, and is nothing for search engines. */
const sharedHeaders = { "cache-control": "no-store", "x-robots-tag": "noindex", "referrer-policy": "no-referrer" }

export const layerShareHandlers = apiGroup(ParleyApi, "shares", (handlers) =>
  Effect.gen(function* () {
    const shares = yield* Shares
    const conversations = yield* Conversations
    return handlers.handleAll({
      createShare: ({ params, payload }) => chat(shares.create(params.id, payload)),
      listShares: ({ params }) => chat(shares.list(params.id)),
      revokeShare: ({ params }) => chat(shares.revoke(params.id)),
      shared: ({ params, query }) =>
        orProblem(
          Effect.map(shares.read(params.token, query), (found) =>
            HttpServerResponse.jsonUnsafe(found, { headers: sharedHeaders })
          )
        ),
      sharedFile: ({ params }) =>
        orProblem(Effect.map(shares.file(params.token, params.id), (file) => fileResponse(file, sharedHeaders))),
      export: ({ params, query }) => chat(exportConversation(conversations, params.id, query.format, query.messageId))
    })
  })
)
