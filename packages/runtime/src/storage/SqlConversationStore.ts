/** `ConversationStore` in Postgres; its methods are in `conversations/`, by what they are about. */
import { Effect, Layer } from "effect"
import { ConversationStore } from "./ConversationStore.ts"
import { accepting } from "./conversations/acceptTurn.ts"
import { members } from "./conversations/members.ts"
import { messageReads } from "./conversations/messages.ts"
import { roomLogReads } from "./conversations/roomLog.ts"
import { rooms } from "./conversations/rooms.ts"
import { runs } from "./conversations/runs.ts"
import { SystemSql } from "./SystemSql.ts"
import { TenantSql } from "./TenantSql.ts"

const layer: Layer.Layer<ConversationStore, never, TenantSql | SystemSql> = Layer.effect(
  ConversationStore,
  Effect.gen(function* () {
    const tenantSql = yield* TenantSql
    const systemSql = yield* SystemSql
    return ConversationStore.of({
      ...rooms(tenantSql),
      ...members(tenantSql),
      ...accepting(tenantSql),
      ...runs(tenantSql, systemSql),
      ...messageReads(tenantSql),
      ...roomLogReads(tenantSql)
    })
  })
)

export const SqlConversationStore = { layer }
