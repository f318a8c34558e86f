/** A `ConversationStore` in memory, as strict as the real one, in which a test can make a transaction fail. */
import { Clock, Effect, Layer, Option } from "effect"
import type { Part } from "@parley/domain/Content"
import type { Accepted } from "@parley/domain/ConversationCommand"
import { Conflict, InvalidRequest, NotFound, Unavailable } from "@parley/domain/Errors"
import type { MessageId, PrincipalId, RunId } from "@parley/domain/Ids"
import type { Conversation, Member, Message } from "@parley/domain/Message"
import type { RoomEvent } from "@parley/domain/RoomFrame"
import { ConversationStore } from "../../src/storage/ConversationStore.ts"
import type {
  AcceptContext,
  AcceptResult,
  ConversationKey,
  StoredRoomEvent,
  StoredRun
} from "../../src/storage/ConversationStore.ts"

interface Row {
  key: ConversationKey
  conversation: Conversation
  members: Map<PrincipalId, Member>
  messages: Map<MessageId, Message>
  runs: Map<RunId, StoredRun>
  room: Array<StoredRoomEvent>
  accepted: Map<string, Accepted>
}

const idOf = ({ conversationId, tenantId }: ConversationKey) => `${tenantId}/${conversationId}`

export type StoreMethod = keyof ConversationStore["Service"]

export class MemoryStoreState {
  readonly rows = new Map<string, Row>()
  readonly deleted = new Set<string>()
  /** What the next calls of a method do first, in order; after them it works again. */
  private readonly before = new Map<StoreMethod, Array<Effect.Effect<void, Unavailable>>>()
  /** The same after the transaction has committed. */
  private readonly after = new Map<StoreMethod, Array<Effect.Effect<void, Unavailable>>>()
  readonly calls: Array<StoreMethod> = []

  next(method: StoreMethod, ...effects: ReadonlyArray<Effect.Effect<void, Unavailable>>): void {
    this.before.set(method, [...(this.before.get(method) ?? []), ...effects])
  }

  nextAfterCommit(method: StoreMethod, ...effects: ReadonlyArray<Effect.Effect<void, Unavailable>>): void {
    this.after.set(method, [...(this.after.get(method) ?? []), ...effects])
  }

  around<A, E>(method: StoreMethod, transaction: () => Effect.Effect<A, E>): Effect.Effect<A, E | Unavailable> {
    return Effect.gen({ self: this }, function* () {
      this.calls.push(method)
      yield* this.before.get(method)?.shift() ?? Effect.void
      const answer = yield* transaction()
      yield* this.after.get(method)?.shift() ?? Effect.void
      return answer
    })
  }

  row(key: ConversationKey): Row | undefined {
    return this.rows.get(idOf(key))
  }
}

export const storeAway = Effect.fail(
  new Unavailable({ message: "the store is away", retryAfterMs: 100, workMayHaveHappened: true })
)

const notFound = (resource: string) => Effect.fail(new NotFound({ message: "not found", resource }))

export const layerMemoryStore = (state: MemoryStoreState): Layer.Layer<ConversationStore> => {
  const found = (key: ConversationKey): Effect.Effect<Row, NotFound> => {
    const row = state.row(key)
    return row === undefined ? notFound(key.conversationId) : Effect.succeed(row)
  }

  const emit = (row: Row, ...events: ReadonlyArray<RoomEvent>): ReadonlyArray<StoredRoomEvent> => {
    const stored = events.map((event, i) => ({ seq: row.room.length + i + 1, event }))
    row.room.push(...stored)
    return stored
  }

  const message = (row: Row, id: MessageId, nowMs: number, change: Partial<Message>): Message => {
    const made: Message = {
      id,
      conversationId: row.key.conversationId,
      parentId: null,
      role: "user",
      authorId: null,
      content: [],
      status: "complete",
      runId: null,
      model: null,
      finishReason: null,
      usage: null,
      error: null,
      lastSeq: null,
      createdAtMs: nowMs,
      ...change
    }
    row.messages.set(id, made)
    return made
  }

  const newestLeaf = (row: Row): MessageId | null => [...row.messages.keys()].at(-1) ?? null

  const accept = (
    key: ConversationKey,
    clientMessageId: string,
    context: AcceptContext,
    place: (
      row: Row
    ) => Effect.Effect<
      { readonly parentId: MessageId | null; readonly content: ReadonlyArray<Part> | null; readonly answers: MessageId },
      NotFound | InvalidRequest
    >
  ): Effect.Effect<AcceptResult, NotFound | Conflict | InvalidRequest> =>
    Effect.gen(function* () {
      const row = yield* found(key)
      const nowMs = yield* Clock.currentTimeMillis
      const before = row.accepted.get(`${context.authorId}/${clientMessageId}`)
      if (before !== undefined) return { accepted: { ...before, duplicate: true }, roomEvents: [] }
      const open = [...row.runs.values()].some((run) => run.status === "running")
      if (context.run !== null && open) return yield* new Conflict({ message: "a run is open" })
      const { answers, content, parentId } = yield* place(row)
      const events: Array<RoomEvent> = []
      if (content !== null) {
        const added = message(row, context.messageId, nowMs, { parentId, content, authorId: context.authorId })
        events.push({ type: "message-added", message: added })
      }
      if (context.run !== null) {
        const { epoch, messageId, model, parameters, requestId, runId } = context.run
        const empty = message(row, messageId, nowMs, {
          parentId: answers,
          role: "assistant",
          status: "streaming",
          runId,
          model
        })
        row.runs.set(runId, {
          runId,
          messageId,
          conversationId: key.conversationId,
          principalId: context.authorId,
          model,
          parameters,
          epoch,
          requestId,
          status: "running",
          terminal: null,
          startedAtMs: nowMs,
          endedAtMs: null
        })
        events.push({ type: "message-added", message: empty })
        events.push({ type: "run-started", run: { runId, messageId, status: "running" } })
      }
      const accepted: Accepted = {
        messageId: answers,
        run:
          context.run === null ? null : { runId: context.run.runId, messageId: context.run.messageId, epoch: context.run.epoch },
        duplicate: false
      }
      row.accepted.set(`${context.authorId}/${clientMessageId}`, accepted)
      return { accepted, roomEvents: emit(row, ...events) }
    })

  const create: ConversationStore["Service"]["create"] = (key, createdBy, input) =>
    state.around("create", () =>
      Effect.gen(function* () {
        const nowMs = yield* Clock.currentTimeMillis
        const conversation: Conversation = {
          id: key.conversationId,
          title: input.title ?? "",
          model: input.model,
          systemPrompt: input.systemPrompt ?? null,
          parameters: input.parameters ?? {},
          createdBy,
          createdAtMs: nowMs,
          updatedAtMs: nowMs
        }
        const owner: Member = { principalId: createdBy, displayName: "owner", role: "owner", joinedAtMs: nowMs }
        state.rows.set(idOf(key), {
          key,
          conversation,
          members: new Map([[createdBy, owner]]),
          messages: new Map(),
          runs: new Map(),
          room: [],
          accepted: new Map()
        })
        return conversation
      })
    )

  return Layer.succeed(
    ConversationStore,
    ConversationStore.of({
      create,
      createOnce: (key, createdBy, input) =>
        Effect.suspend((): ReturnType<ConversationStore["Service"]["createOnce"]> => {
          const before = state.row(key)
          if (before === undefined && !state.deleted.has(idOf(key))) return create(key, createdBy, input)
          return before?.conversation.createdBy === createdBy && before.members.has(createdBy)
            ? Effect.succeed(before.conversation)
            : Effect.fail(new Conflict({ message: "taken" }))
        }),
      load: (key) =>
        state.around("load", () =>
          Effect.sync(() =>
            Option.map(Option.fromUndefinedOr(state.row(key)), (row) => ({
              conversation: row.conversation,
              members: [...row.members.values()],
              roomSeq: row.room.length,
              openRuns: [...row.runs.values()].filter((run) => run.status === "running")
            }))
          )
        ),
      update: (key, change) =>
        state.around("update", () =>
          Effect.map(found(key), (row) => {
            row.conversation = { ...row.conversation, ...change }
            const roomEvents = emit(row, { type: "conversation-changed", conversation: row.conversation })
            return { conversation: row.conversation, roomEvents }
          })
        ),
      isRemoved: (key) => state.around("isRemoved", () => Effect.sync(() => state.deleted.has(idOf(key)))),
      remove: (key) =>
        state.around("remove", () =>
          Effect.map(found(key), () => {
            state.rows.delete(idOf(key))
            state.deleted.add(idOf(key))
          })
        ),
      addMember: (key, principalId) =>
        state.around("addMember", () =>
          Effect.map(found(key), (row) => {
            const before = row.members.get(principalId)
            if (before !== undefined) return { member: before, roomEvents: [] }
            const member: Member = { principalId, displayName: "member", role: "member", joinedAtMs: 0 }
            row.members.set(principalId, member)
            return { member, roomEvents: emit(row, { type: "member-joined", member }) }
          })
        ),
      removeMember: (key, principalId) =>
        state.around("removeMember", () =>
          Effect.map(found(key), (row) => {
            row.members.delete(principalId)
            return { roomEvents: emit(row, { type: "member-left", principalId }) }
          })
        ),
      acceptSend: (key, command, context) =>
        state
          .around("acceptSend", () =>
            accept(key, command.clientMessageId, context, (row) => {
              const parentId = command.parentId === undefined ? newestLeaf(row) : command.parentId
              return parentId !== null && !row.messages.has(parentId)
                ? notFound(parentId)
                : Effect.succeed({ parentId, content: command.content, answers: context.messageId })
            })
          )
          .pipe(Effect.catchTag("InvalidRequest", Effect.die)),
      acceptRegenerate: (key, command, context) =>
        state.around("acceptRegenerate", () =>
          accept(key, command.clientMessageId, context, (row) => {
            const answer = row.messages.get(command.messageId)
            if (answer === undefined) return notFound(command.messageId)
            return answer.role !== "assistant" || answer.parentId === null
              ? Effect.fail(new InvalidRequest({ message: "not an answer", issues: [] }))
              : Effect.succeed({ parentId: answer.parentId, content: null, answers: answer.parentId })
          })
        ),
      acceptEdit: (key, command, context) =>
        state.around("acceptEdit", () =>
          accept(key, command.clientMessageId, context, (row) => {
            const own = row.messages.get(command.messageId)
            if (own === undefined) return notFound(command.messageId)
            return own.authorId !== context.authorId
              ? Effect.fail(new InvalidRequest({ message: "not one's own message", issues: [] }))
              : Effect.succeed({ parentId: own.parentId, content: command.content, answers: context.messageId })
          })
        ),
      closeRun: (key, close) =>
        state.around("closeRun", () =>
          Effect.gen(function* () {
            const row = state.row(key)
            const run = row?.runs.get(close.runId)
            const before = run === undefined ? undefined : row?.messages.get(run.messageId)
            if (row === undefined || run === undefined || before === undefined) return Option.none()
            if (run.epoch !== close.epoch || run.status !== "running") return Option.none()
            const status =
              close.terminal.type === "run-complete" ? "complete" : close.terminal.type === "run-cancel" ? "cancelled" : "failed"
            row.runs.set(close.runId, {
              ...run,
              status,
              terminal: close.terminal,
              endedAtMs: yield* Clock.currentTimeMillis
            })
            const closed: Message = {
              ...before,
              content: close.content,
              status,
              model: close.model,
              answeredBy: close.answeredBy,
              finishReason: close.finishReason,
              usage: close.usage,
              lastSeq: close.lastSeq,
              error: close.terminal.type === "run-fail" ? { code: close.terminal.code, message: close.terminal.message } : null
            }
            row.messages.set(closed.id, closed)
            return Option.some({
              message: closed,
              roomEvents: emit(row, { type: "message-closed", message: closed })
            })
          })
        ),
      takeOverRun: (key, runId, { from, to }) =>
        state.around("takeOverRun", () =>
          Effect.sync(() => {
            const row = state.row(key)
            const run = row?.runs.get(runId)
            if (row === undefined || run === undefined || run.status !== "running" || run.epoch !== from) return false
            row.runs.set(runId, { ...run, epoch: to })
            return true
          })
        ),
      run: (key, runId) => state.around("run", () => Effect.sync(() => Option.fromUndefinedOr(state.row(key)?.runs.get(runId)))),
      closedRun: (key, runId) =>
        state.around("closedRun", () =>
          Effect.sync(() => {
            const row = state.row(key)
            const run = row?.runs.get(runId)
            const closed = run === undefined ? undefined : row?.messages.get(run.messageId)
            return run === undefined || closed === undefined || run.terminal === null
              ? Option.none()
              : Option.some({ message: closed, terminal: run.terminal })
          })
        ),
      path: (key, messageId, limit) =>
        state.around("path", () =>
          Effect.sync(() => {
            const row = state.row(key)
            const path: Array<Message> = []
            let at: MessageId | null = messageId
            while (at !== null) {
              const one: Message | undefined = row?.messages.get(at)
              if (one === undefined) break
              path.unshift(one)
              at = one.parentId
            }
            return path.slice(-limit)
          })
        ),
      messages: (key) =>
        state.around("messages", () =>
          Effect.sync(() => ({ items: [...(state.row(key)?.messages.values() ?? [])], nextCursor: null }))
        ),
      latestMessages: (key, limit) =>
        state.around("latestMessages", () => Effect.sync(() => [...(state.row(key)?.messages.values() ?? [])].slice(-limit))),
      roomEventsAfter: (key, afterSeq, limit) =>
        state.around("roomEventsAfter", () =>
          Effect.sync(() => {
            const events = (state.row(key)?.room ?? []).filter((event) => event.seq > afterSeq)
            return events.length > limit ? Option.none() : Option.some(events)
          })
        ),
      openRuns: (limit) =>
        state.around("openRuns", () =>
          Effect.sync(() =>
            [...state.rows.values()]
              .flatMap((row) =>
                [...row.runs.values()]
                  .filter((run) => run.status === "running")
                  .map((run) => ({ key: row.key, runId: run.runId, startedAtMs: run.startedAtMs }))
              )
              .slice(0, limit)
          )
        )
    })
  )
}
