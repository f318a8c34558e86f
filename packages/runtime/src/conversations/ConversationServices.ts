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
import { gatheredWarning } from "./gatheredWarning.ts"
import { JournalWriter } from "./JournalWriter.ts"
import { RunningRuns } from "./RunningRuns.ts"

export const conversationServices = Effect.gen(function* () {
  const limits = yield* ConversationLimits
  return {
    store: yield* ConversationStore,
    journal: yield* RunJournal,
    journalWriter: yield* JournalWriter,
    models: yield* TenantModels,
    tenants: yield* Tenants,
    schedule: yield* FlushScheduler,
    runningRuns: yield* RunningRuns,
    loop: yield* EventLoop,
    limits,
    ownership: yield* ConversationOwnership,
    readFile: yield* FileContents,
    notices: yield* Notices,
    warnOfEnd: yield* gatheredWarning("The end of an answer could not be stored; it is tried again", limits.closeWarningEveryMs)
  }
})

export type ConversationServices = Effect.Success<typeof conversationServices>
