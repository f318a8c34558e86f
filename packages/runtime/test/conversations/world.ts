/** Conversations over doubles: a store and a journal that outlive the actors, a scripted provider, a loop that the test drives. */
import { Context, Effect, Layer, Scope, Exit } from "effect"
import type { CallerInfo } from "@parley/domain/Caller"
import { Conversations } from "@parley/domain/Conversations"
import type { FollowerPort, NewConversation } from "@parley/domain/Conversations"
import type { ConversationId, MessageId } from "@parley/domain/Ids"
import { makePrincipalId } from "@parley/domain/Ids"
import { ConversationLimits } from "../../src/conversations/ConversationLimits.ts"
import type { ConversationLimitsValues } from "../../src/conversations/ConversationLimits.ts"
import * as LocalConversations from "../../src/conversations/LocalConversations.ts"
import { RunningRuns } from "../../src/conversations/RunningRuns.ts"
import { TenantModels } from "../../src/tenants/TenantModels.ts"
import { MemoryRunJournal } from "../../src/storage/MemoryRunJournal.ts"
import { RunJournal } from "../../src/storage/RunJournal.ts"
import { as, clientMessageId, makeCaller, newCaller, openTenants, ScriptedProvider, text, warmUp } from "./harness.ts"
import { ManualLoop } from "./ManualLoop.ts"
import { layerMemoryStore, MemoryStoreState } from "./MemoryConversationStore.ts"

type Journal = RunJournal["Service"]

export const conversationWorld = (
  limits: Partial<ConversationLimitsValues> = {},
  around: (journal: Journal) => Journal = (journal) => journal
) =>
  Effect.gen(function* () {
    const provider = new ScriptedProvider()
    const loop = new ManualLoop()
    const store = new MemoryStoreState()
    const journal = yield* Layer.build(MemoryRunJournal.layer)
    const caller = yield* newCaller
    const outer = yield* Effect.scope

    const aroundJournal = around(Context.get(journal, RunJournal))

    /** What a killed process still has to write is lost. */
    const journalOf = (gate: { isAlive: boolean }) =>
      Layer.succeed(
        RunJournal,
        RunJournal.of({
          ...Context.get(journal, RunJournal),
          append: (entries) => (gate.isAlive ? aroundJournal.append(entries) : Effect.void)
        })
      )

    /** A process: actors over what is stored. Its scope's end is its end. */
    const startProcess = Effect.gen(function* () {
      const scope = yield* Scope.fork(outer)
      const gate = { isAlive: true }
      const context = yield* Layer.buildWithScope(
        LocalConversations.layer.pipe(
          Layer.provide([
            layerMemoryStore(store),
            journalOf(gate),
            TenantModels.layerOpen.pipe(Layer.provide(provider.layer)),
            openTenants,
            loop.layer,
            ConversationLimits.layer(limits)
          ])
        ),
        scope
      )
      yield* warmUp
      return { scope, gate, conversations: Context.get(context, Conversations), running: Context.get(context, RunningRuns) }
    })
    let process = yield* startProcess

    const world = {
      provider,
      loop,
      store,
      journal: Context.get(journal, RunJournal),
      caller,
      as: as(caller),
      get conversations() {
        return process.conversations
      },
      get running() {
        return process.running
      },
      /** The process is gone at once, as by kill -9; another starts over the same store and journal. */
      crash: Effect.gen(function* () {
        process.gate.isAlive = false
        yield* Scope.close(process.scope, Exit.void)
        process = yield* startProcess
      }),
      create: (input: NewConversation = {}) => as(caller)(process.conversations.create(input)),
      follow: (id: ConversationId, port: FollowerPort, who: CallerInfo = caller) =>
        as(who)(process.conversations.follow(id, port)),
      send: (id: ConversationId, messageId: string, words: string, who: CallerInfo = caller) =>
        as(who)(process.conversations.send(id, { clientMessageId: clientMessageId(messageId), content: text(words) })),
      message: (id: ConversationId, messageId: MessageId | undefined) =>
        Effect.map(as(caller)(process.conversations.messages(id, {})), ({ items }) => {
          const found = items.find((item) => item.id === messageId)
          if (found === undefined) throw new Error("no such message")
          return found
        }),
      /** Another principal of the tenant, a member of the conversation. */
      join: (id: ConversationId) =>
        Effect.gen(function* () {
          const other = makeCaller(caller.tenantId, yield* makePrincipalId, 1)
          yield* as(caller)(process.conversations.addMember(id, other.principalId))
          return other
        })
    }
    return world
  })
