/** The conversation's actor as an entity of effect/cluster: one handler per message of its contract, over a `ConversationHost`. */
import { Effect, Layer, Schedule } from "effect"
import { Entity } from "effect/cluster"
import { ConversationActor, parseConversationEntityId } from "@parley/domain/actors/ConversationActor"
import type { CallerInfo } from "@parley/domain/Caller"
import * as commands from "./conversationCommands.ts"
import { makeConversationHost } from "./ConversationHost.ts"
import { ConversationLimits } from "./ConversationLimits.ts"
import { conversationServices } from "./ConversationServices.ts"
import { requireMember } from "./requireMember.ts"
import { ResidentConversations } from "./ResidentConversations.ts"
import { roomSince, setPresent, setTyping, watchConversation } from "./watchConversation.ts"
import type { Watches } from "./watchConversation.ts"

/** Between two tries to open the request that keeps an actor in memory, when its mailbox is full. */
const resideRetryMs = 1_000

/** Requires what `conversationServices` names, `ResidentConversations` and `Sharding`. */
export const layer = Layer.unwrap(
  Effect.gen(function* () {
    const services = yield* conversationServices
    const residents = yield* ResidentConversations
    const limits = yield* ConversationLimits
    const clientOf = yield* ConversationActor.client

    const build = Effect.gen(function* () {
      const { entityId } = yield* Entity.CurrentAddress
      const key = parseConversationEntityId(entityId)
      if (key === undefined) return yield* Effect.die(new Error("Not the address of a conversation"))
      const reside = clientOf(entityId)
        .Reside()
        .pipe(Effect.retry(Schedule.spaced(resideRetryMs)), Effect.ignore)
      const host = yield* makeConversationHost(key, services, reside)
      yield* Effect.acquireRelease(
        Effect.sync(() => residents.add(entityId, host)),
        () => Effect.sync(() => residents.remove(entityId, host))
      )
      const watches: Watches = new Map()
      return ConversationActor.of({
        Send: ({ payload }) => asked(payload, commands.send(host, payload.caller, payload.command)),
        Regenerate: ({ payload }) => asked(payload, commands.regenerate(host, payload.caller, payload.command)),
        Edit: ({ payload }) => asked(payload, commands.edit(host, payload.caller, payload.command)),
        Cancel: ({ payload }) => asked(payload, commands.cancel(host, payload.caller, payload.runId)),
        Update: ({ payload }) => asked(payload, commands.update(host, payload.caller, payload.change)),
        Remove: ({ payload }) => asked(payload, commands.remove(host, payload.caller)),
        AddMember: ({ payload }) => asked(payload, commands.addMember(host, payload.caller, payload.principalId)),
        Join: ({ payload }) => asked(payload, commands.join(host, payload.caller)),
        RemoveMember: ({ payload }) => asked(payload, commands.removeMember(host, payload.caller, payload.principalId)),
        Open: ({ payload }) => asked(payload, Effect.asVoid(host.use((live) => requireMember(live, payload.caller)))),
        Wake: () => host.use(() => Effect.void),
        Reside: () => host.residence,
        Watch: ({ payload }) => watchConversation(host, watches, payload),
        RoomSince: ({ payload }) => asked(payload, roomSince(host, payload.caller, payload.afterSeq)),
        Present: ({ payload }) => setPresent(host, watches, payload.watcher, payload.principals),
        Typing: ({ payload }) => setTyping(host, payload.caller, payload.isTyping)
      })
    })

    return ConversationActor.toLayer(build, {
      concurrency: "unbounded",
      disableFatalDefects: true,
      mailboxCapacity: limits.mailboxCapacity,
      maxIdleTime: limits.passivateAfterMs
    })
  })
)

/** Every log line of a command carries the id of its request. */
const asked = <A, E>({ caller }: { readonly caller: CallerInfo }, command: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  Effect.annotateLogs(command, "requestId", caller.requestId)
