/** How a person keeps their conversations: marks, folders, search. */
import { ParleyApi } from "@parley/domain/api/ParleyApi"
import { ConversationList } from "@parley/domain/ConversationList"
import { Effect } from "effect"
import { apiGroup } from "./apiGroup.ts"
import { chat } from "./chat.ts"

export const layerListHandlers = apiGroup(ParleyApi, "list", (handlers) =>
  Effect.gen(function* () {
    const list = yield* ConversationList
    return handlers.handleAll({
      listed: ({ params }) => chat(list.listed(params.id)),
      mark: ({ params, payload }) => chat(list.mark(params.id, payload)),
      search: ({ query: { q, ...page } }) => chat(list.search({ ...page, query: q })),
      folders: () => chat(list.folders),
      createFolder: ({ payload }) => chat(list.createFolder(payload.name)),
      renameFolder: ({ params, payload }) => chat(list.renameFolder(params.id, payload.name)),
      removeFolder: ({ params }) => chat(list.removeFolder(params.id))
    })
  })
)
