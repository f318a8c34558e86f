/** What each call of `ParleyRpc` does. Payloads carry no tenant; `Caller` does. */
import { Effect, Stream } from "effect"
import { Completions } from "@parley/domain/Completions"
import { Conversations } from "@parley/domain/Conversations"
import { ParleyRpc } from "@parley/domain/rpc/ParleyRpc"
import { completionStream } from "./completionStream.ts"
import { followRoom, followRun } from "./followStream.ts"

export const rpcHandlers = ParleyRpc.toLayer(
  Effect.gen(function* () {
    const conversations = yield* Conversations
    const completions = yield* Completions
    return ParleyRpc.of({
      CreateConversation: (input) => conversations.create(input),
      GetConversation: ({ conversationId }) => conversations.get(conversationId),
      ListMessages: ({ conversationId, ...page }) => conversations.messages(conversationId, page),
      Send: ({ conversationId, ...send }) => conversations.send(conversationId, send),
      Regenerate: ({ conversationId, ...regenerate }) => conversations.regenerate(conversationId, regenerate),
      Edit: ({ conversationId, ...edit }) => conversations.edit(conversationId, edit),
      Cancel: ({ conversationId, runId }) => conversations.cancel(conversationId, runId),
      GetRun: ({ conversationId, runId }) => conversations.run(conversationId, runId),
      FollowRun: ({ conversationId, runId, ...cursor }) =>
        followRun(conversationId, (follower) => follower.subscribe(runId, cursor)).pipe(
          Stream.provideService(Conversations, conversations)
        ),
      FollowRoom: ({ afterSeq, conversationId }) =>
        followRoom(conversationId, (follower) => follower.subscribeRoom(afterSeq)).pipe(
          Stream.provideService(Conversations, conversations)
        ),
      Complete: (request) => completions.complete(request),
      StreamCompletion: (request) => completionStream(request).pipe(Stream.provideService(Completions, completions)),
      ListModels: () => completions.models
    })
  })
)
