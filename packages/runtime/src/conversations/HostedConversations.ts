/** A runner: the actors of conversations in this process, for gateways that ask from others. */
import { Layer } from "effect"
import * as ConversationEntity from "./ConversationEntity.ts"
import { FlushScheduler } from "./FlushScheduler.ts"
import { JournalWriter } from "./JournalWriter.ts"
import * as OrphanSweep from "./OrphanSweep.ts"
import { ResidentConversations } from "./ResidentConversations.ts"
import { RunningRuns } from "./RunningRuns.ts"

/** Needs `Sharding`, `ConversationStore`, `RunJournal`, `TenantModels` and `Tenants`. */
export const layer = OrphanSweep.layer.pipe(
  Layer.provideMerge(ConversationEntity.layer),
  Layer.provide([FlushScheduler.layer, JournalWriter.layer]),
  Layer.provideMerge([RunningRuns.layer, ResidentConversations.layer])
)
