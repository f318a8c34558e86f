/** What the actors of conversations stand on, gathered once per process. */
import { Effect } from "effect"
import { Notices } from "@parley/domain/Notices"
import { FileContents } from "../attachments/FileContents.ts"
import { ConversationStore } from "../storage/ConversationStore.ts"
import { RunJournal } from "../storage/RunJournal.ts"
import { TenantModels } from "../tenants/TenantModels.ts"
import { Tenants } from "../tenants/Tenants.ts"
import { ConversationLimits } from "./ConversationLimits.ts"
import { ConversationOwnership } from "./ConversationOwnership.ts"
import { EventLoop } from "./EventLoop.ts"
import { FlushScheduler } from "./FlushScheduler.ts"
import { JournalWriter } from "./JournalWriter.ts"
import { RunningRuns } from "./RunningRuns.ts"

export const conversationServices = Effect.gen(function* () {
  return {
    store: yield* ConversationStore,
    journal: yield* RunJournal,
    journalWriter: yield* JournalWriter,
    models: yield* TenantModels,
    tenants: yield* Tenants,
    schedule: yield* FlushScheduler,
    runningRuns: yield* RunningRuns,
    loop: yield* EventLoop,
    limits: yield* ConversationLimits,
    ownership: yield* ConversationOwnership,
    readFile: yield* FileContents,
    notices: yield* Notices
  }
})

export type ConversationServices = Effect.Success<typeof conversationServices>
