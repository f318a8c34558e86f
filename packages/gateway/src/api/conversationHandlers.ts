/** `/api/conversations`: each handler asks the `Conversations` service and says how its errors look. */
import { ParleyApi } from "@parley/domain/api/ParleyApi"
import { ConversationList } from "@parley/domain/ConversationList"
import { Conversations } from "@parley/domain/Conversations"
import { Effect } from "effect"
import { apiGroup } from "./apiGroup.ts"
import { chat } from "./chat.ts"
import { runEvents } from "./runEvents.ts"

export const layerConversationHandlers = apiGroup(ParleyApi, "conversations", (handlers) =>
  Effect.gen(function* () {
    const conversations = yield* Conversations
    const conversationList = yield* ConversationList
    return handlers.handleAll({
      list: ({ query }) => chat(conversationList.list(query)),
      create: ({ payload }) => chat(conversations.create(payload)),
      get: ({ params }) => chat(conversations.get(params.id)),
      update: ({ params, payload }) => chat(conversations.update(params.id, payload)),
      remove: ({ params }) => chat(conversations.remove(params.id)),
      messages: ({ params, query }) => chat(conversations.messages(params.id, query)),
      send: ({ params, payload }) => chat(conversations.send(params.id, payload)),
      regenerate: ({ params, payload }) => chat(conversations.regenerate(params.id, { ...payload, messageId: params.messageId })),
      edit: ({ params, payload }) => chat(conversations.edit(params.id, { ...payload, messageId: params.messageId })),
      members: ({ params }) => chat(conversations.members(params.id)),
      addMember: ({ params, payload }) => chat(conversations.addMember(params.id, payload.principalId)),
      removeMember: ({ params }) => chat(conversations.removeMember(params.id, params.principalId)),
      run: ({ params }) => chat(conversations.run(params.id, params.runId)),
      cancel: ({ params }) => chat(conversations.cancel(params.id, params.runId)),
      events: ({ params, request }) => chat(runEvents(conversations, params.id, params.runId, request.headers))
    })
  })
)
