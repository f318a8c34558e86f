/** A store, a tenant and a conversation: what the tests of `SqlConversationStore` begin with. */
import { Effect, Layer } from "effect"
import type { ConversationKey, StoredRoomEvent } from "../../../src/storage/ConversationStore.ts"
import { ConversationStore } from "../../../src/storage/ConversationStore.ts"
import { SqlConversationStore } from "../../../src/storage/SqlConversationStore.ts"
import { seedConversation, seedTenant, TestDatabase } from "./TestDatabase.ts"

/** On a database of the file's own. */
export const Tested = SqlConversationStore.layer.pipe(Layer.provideMerge(TestDatabase))

export const seeded = Effect.gen(function* () {
  const tenant = yield* seedTenant
  return { ...tenant, key: yield* seedConversation(tenant), store: yield* ConversationStore }
})

export const allMessages = (key: ConversationKey) =>
  Effect.flatMap(ConversationStore, (store) => Effect.map(store.messages(key, { limit: 200 }), (page) => page.items))

export const types = (events: ReadonlyArray<StoredRoomEvent>) => events.map(({ event, seq }) => `${seq} ${event.type}`)
export const failureTag = <A, E extends { readonly _tag: string }>(effect: Effect.Effect<A, E>) =>
  Effect.map(Effect.flip(effect), (error) => error._tag)
