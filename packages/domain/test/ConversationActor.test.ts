import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { conversationEntityId, parseConversationEntityId } from "../src/actors/ConversationActor.ts"
import { makeConversationId, makeTenantId } from "../src/Ids.ts"

it.effect("the address of a conversation names its tenant and itself, and nothing else is one", () =>
  Effect.gen(function* () {
    const tenantId = yield* makeTenantId
    const conversationId = yield* makeConversationId
    const address = conversationEntityId(tenantId, conversationId)
    assert.deepStrictEqual(parseConversationEntityId(address), { tenantId, conversationId })
    for (const wrong of ["", "/", tenantId, `${conversationId}/${tenantId}`, `${address}/`, `x${address}`]) {
      assert.isUndefined(parseConversationEntityId(wrong), wrong)
    }
  })
)
