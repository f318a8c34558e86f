/** Which conversations live in this process, by the address of their actor; where a follower in the same process is attached. */
import { Context, Effect, Layer } from "effect"
import type { ConversationHost } from "./ConversationHost.ts"

export class ResidentConversations extends Context.Service<
  ResidentConversations,
  {
    readonly get: (entityId: string) => ConversationHost | undefined
    readonly add: (entityId: string, host: ConversationHost) => void
    readonly remove: (entityId: string, host: ConversationHost) => void
    readonly count: Effect.Effect<number>
  }
>()("@parley/runtime/conversations/ResidentConversations") {
  static readonly layer = Layer.sync(ResidentConversations, () => {
    const hosts = new Map<string, ConversationHost>()
    return ResidentConversations.of({
      get: (entityId) => hosts.get(entityId),
      add: (entityId, host) => {
        hosts.set(entityId, host)
      },
      remove: (entityId, host) => {
        if (hosts.get(entityId) === host) hosts.delete(entityId)
      },
      count: Effect.sync(() => hosts.size)
    })
  })
}
