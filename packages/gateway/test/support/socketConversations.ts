/** Conversations in memory, as far as a door can tell: runs whose events the test emits, a room, deduplicated sends. */
import { Effect, Layer } from "effect"
import { Caller } from "@parley/domain/Caller"
import type { CallerInfo } from "@parley/domain/Caller"
import { textOf } from "@parley/domain/Content"
import type { Accepted, RunCursor } from "@parley/domain/ConversationCommand"
import { Conversations } from "@parley/domain/Conversations"
import type { Follower, FollowerPort, RunInfo } from "@parley/domain/Conversations"
import { NotFound } from "@parley/domain/Errors"
import type { ConversationError } from "@parley/domain/Errors"
import { PrincipalId, makeConversationId, makeEpoch, makeMessageId, makeRunId } from "@parley/domain/Ids"
import type { ConversationId, Epoch, MessageId, RunId } from "@parley/domain/Ids"
import type { Conversation, Message } from "@parley/domain/Message"
import type { RoomEvent } from "@parley/domain/RoomFrame"
import { isTerminal } from "@parley/domain/RunEvent"
import type { RunEvent, RunStatus, RunTerminal } from "@parley/domain/RunEvent"
import type { RunFrame } from "@parley/domain/RunFrame"
import { noUsage } from "@parley/domain/Usage"

export interface DoubleRun {
  readonly runId: RunId
  readonly conversationId: ConversationId
  readonly messageId: MessageId
  readonly epoch: Epoch
  readonly events: Array<RunEvent>
  text: string
  status: RunStatus
  terminal: RunTerminal | null
}

interface DoubleFollower {
  readonly id: ConversationId
  readonly port: FollowerPort
  readonly runs: Set<RunId>
  room: boolean
}

export interface DoubleCall {
  readonly method: string
  readonly caller: CallerInfo
  readonly arguments: ReadonlyArray<unknown>
}

const statusOf: Record<RunTerminal["type"], RunStatus> = {
  "run-complete": "complete",
  "run-cancel": "cancelled",
  "run-fail": "failed"
}

export class SocketConversations {
  readonly calls: Array<DoubleCall> = []
  readonly acks: Array<readonly [RunId, number]> = []
  readonly typing: Array<boolean> = []
  readonly followers = new Set<DoubleFollower>()
  readonly runs = new Map<RunId, DoubleRun>()
  readonly messages = new Map<ConversationId, Array<Message>>()
  drains = 0
  /** Runs before each method: to fail it, hold it up, or let it die. */
  before: (method: string) => Effect.Effect<void, ConversationError> = () => Effect.void
  /** Called with the port of each new follower, before the follower is handed out. */
  afterFollow: (port: FollowerPort) => void = () => {}
  /** Called when a run is accepted. */
  onRun: (run: DoubleRun, question: string) => void = () => {}
  /** Each conversation's room events; the place of one, from 1, is its `seq`. */
  readonly #rooms = new Map<ConversationId, Array<RoomEvent>>()
  readonly #accepted = new Map<string, Accepted>()
  readonly #conversations = new Map<ConversationId, Conversation>()

  readonly layer: Layer.Layer<Conversations> = Layer.sync(Conversations, () => this.service())

  addConversation(): Effect.Effect<ConversationId> {
    return Effect.map(makeConversationId, (id) => {
      this.#conversations.set(id, conversation(id, "demo/echo"))
      this.messages.set(id, [])
      return id
    })
  }

  emit(run: DoubleRun, ...events: ReadonlyArray<RunEvent>): void {
    if (run.terminal !== null) return
    const seq = run.events.length + 1
    for (const event of events) {
      run.events.push(event)
      if (event.type === "text-delta") run.text += event.text
      if (isTerminal(event)) {
        run.terminal = event
        run.status = statusOf[event.type]
      }
    }
    this.#toRun(run, delta(run, seq, events))
    if (run.terminal !== null) this.#close(run)
  }

  text(run: DoubleRun, text: string): void {
    this.emit(run, { type: "text-delta", text })
  }

  complete(run: DoubleRun): void {
    this.emit(run, { type: "usage", usage: noUsage }, { type: "run-complete", finishReason: "stop" })
  }

  #toRun(run: DoubleRun, frame: RunFrame): void {
    const text = JSON.stringify(frame)
    for (const follower of this.followers) if (follower.runs.has(run.runId)) follower.port.send(text)
  }

  #toRoom(id: ConversationId, event: RoomEvent): void {
    const log = this.#rooms.get(id) ?? []
    this.#rooms.set(id, log)
    log.push(event)
    const text = JSON.stringify({ type: "room", conversationId: id, seq: log.length, event })
    for (const follower of this.followers) if (follower.room && follower.id === id) follower.port.send(text)
  }

  #close(run: DoubleRun): void {
    const messages = this.messages.get(run.conversationId) ?? []
    const at = messages.findIndex((message) => message.id === run.messageId)
    const message = answer(run, messages[at]?.parentId ?? null)
    if (at === -1) messages.push(message)
    else messages[at] = message
    this.#toRoom(run.conversationId, { type: "message-closed", message })
  }

  #accept(id: ConversationId, clientMessageId: string, question: string): Effect.Effect<Accepted, never, Caller> {
    return Effect.gen({ self: this }, function* () {
      const before = this.#accepted.get(clientMessageId)
      if (before !== undefined) return { ...before, duplicate: true }
      const caller = yield* Caller
      const run: DoubleRun = {
        runId: yield* makeRunId,
        conversationId: id,
        messageId: yield* makeMessageId,
        epoch: yield* makeEpoch,
        events: [],
        text: "",
        status: "running",
        terminal: null
      }
      const messageId = yield* makeMessageId
      this.runs.set(run.runId, run)
      const messages = this.messages.get(id) ?? []
      this.messages.set(id, messages)
      const asked: Message = {
        ...answer(run, messages.at(-1)?.id ?? null),
        id: messageId,
        role: "user",
        authorId: caller.principalId,
        content: [{ type: "text", text: question }],
        status: "complete",
        runId: null,
        model: null,
        finishReason: null,
        lastSeq: null
      }
      const begun = answer(run, messageId)
      messages.push(asked, begun)
      const accepted = {
        messageId,
        run: { runId: run.runId, messageId: run.messageId, epoch: run.epoch },
        duplicate: false
      }
      this.#accepted.set(clientMessageId, accepted)
      this.#toRoom(id, { type: "message-added", message: asked })
      this.#toRoom(id, { type: "message-added", message: begun })
      this.#toRoom(id, { type: "run-started", run: { runId: run.runId, messageId: run.messageId, status: "running" } })
      for (const follower of this.followers) if (follower.room && follower.id === id) follower.runs.add(run.runId)
      this.emit(run, { type: "run-start", messageId: run.messageId, model: "demo/echo" })
      this.onRun(run, question)
      return accepted
    })
  }

  #info(run: DoubleRun): RunInfo {
    return {
      runId: run.runId,
      messageId: run.messageId,
      conversationId: run.conversationId,
      model: "demo/echo",
      status: run.status,
      startedAtMs: 1,
      endedAtMs: run.terminal === null ? null : 2
    }
  }

  service(): Conversations["Service"] {
    const ask = <A>(
      method: string,
      args: ReadonlyArray<unknown>,
      answer: (caller: CallerInfo) => Effect.Effect<A, ConversationError, Caller>
    ): Effect.Effect<A, ConversationError, Caller> =>
      Effect.gen({ self: this }, function* () {
        const caller = yield* Caller
        this.calls.push({ method, caller, arguments: args })
        yield* this.before(method)
        return yield* answer(caller)
      })
    const known = (id: ConversationId): Effect.Effect<Conversation, NotFound> => {
      const found = this.#conversations.get(id)
      return found === undefined
        ? Effect.fail(new NotFound({ message: "no such conversation", resource: "conversation" }))
        : Effect.succeed(found)
    }
    const knownRun = (id: ConversationId, runId: RunId): Effect.Effect<DoubleRun, NotFound> => {
      const run = this.runs.get(runId)
      return run === undefined || run.conversationId !== id
        ? Effect.fail(new NotFound({ message: "no such run", resource: "run" }))
        : Effect.succeed(run)
    }
    return {
      create: (input) =>
        ask("create", [input], () =>
          Effect.flatMap(this.addConversation(), (id) => {
            this.#conversations.set(id, conversation(id, input.model ?? "demo/echo"))
            return known(id)
          })
        ),
      get: (id) => ask("get", [id], () => known(id)),
      update: (id, change) => ask("update", [id, change], () => known(id)),
      remove: (id) => ask("remove", [id], () => Effect.asVoid(known(id))),
      messages: (id, page) =>
        ask("messages", [id, page], () =>
          Effect.map(known(id), () => ({ items: this.messages.get(id) ?? [], nextCursor: null }))
        ),
      members: (id) => ask("members", [id], () => Effect.as(known(id), [])),
      addMember: (id, principalId) =>
        ask("addMember", [id, principalId], () =>
          Effect.as(known(id), { principalId, displayName: "", role: "member" as const, joinedAtMs: 1 })
        ),
      join: (id) =>
        ask("join", [id], ({ principalId }) =>
          Effect.as(known(id), { principalId, displayName: "", role: "member" as const, joinedAtMs: 1 })
        ),
      removeMember: (id, principalId) => ask("removeMember", [id, principalId], () => Effect.asVoid(known(id))),
      send: (id, command) =>
        ask("send", [id, command], () =>
          Effect.andThen(known(id), this.#accept(id, command.clientMessageId, textOf(command.content)))
        ),
      regenerate: (id, command) =>
        ask("regenerate", [id, command], () => Effect.andThen(known(id), this.#accept(id, command.clientMessageId, ""))),
      edit: (id, command) =>
        ask("edit", [id, command], () =>
          Effect.andThen(known(id), this.#accept(id, command.clientMessageId, textOf(command.content)))
        ),
      cancel: (id, runId) =>
        ask("cancel", [id, runId], () =>
          Effect.map(knownRun(id, runId), (run) => {
            this.emit(run, { type: "run-cancel" })
            return this.#info(run)
          })
        ),
      run: (id, runId) => ask("run", [id, runId], () => Effect.map(knownRun(id, runId), (run) => this.#info(run))),
      follow: (id, port) =>
        Effect.andThen(
          ask("follow", [id], () => known(id)),
          Effect.acquireRelease(
            Effect.sync(() => {
              const follower: DoubleFollower = { id, port, runs: new Set(), room: false }
              this.followers.add(follower)
              this.afterFollow(port)
              return follower
            }),
            (follower) => Effect.sync(() => this.followers.delete(follower))
          ).pipe(Effect.map((follower) => this.#follower(follower)))
        )
    }
  }

  #follower(follower: DoubleFollower): Follower {
    const { id, port } = follower
    const send = (frame: object) => port.send(JSON.stringify(frame))
    return {
      subscribe: (runId, cursor) =>
        Effect.andThen(
          this.before("subscribe"),
          Effect.sync(() => {
            const run = this.runs.get(runId)
            if (run === undefined) {
              send({ type: "gone", conversationId: id, runId })
              return send({ type: "caught-up", conversationId: id, runId, epoch: null, seq: 0 })
            }
            follower.runs.add(runId)
            replay(run, cursor, send)
          })
        ),
      unsubscribe: (runId) => void follower.runs.delete(runId),
      subscribeRoom: (afterSeq) =>
        Effect.andThen(
          this.before("subscribeRoom"),
          Effect.sync(() => {
            follower.room = true
            const messages = this.messages.get(id) ?? []
            const active = [...this.runs.values()].find((run) => run.conversationId === id && run.terminal === null)
            const log = this.#rooms.get(id) ?? []
            if (afterSeq !== undefined) {
              for (let i = afterSeq; i < log.length; i++) send({ type: "room", conversationId: id, seq: i + 1, event: log[i] })
              return
            }
            send({
              type: "room-snapshot",
              conversationId: id,
              seq: log.length,
              conversation: this.#conversations.get(id),
              members: [],
              messages,
              activeRun: active === undefined ? null : { runId: active.runId, messageId: active.messageId, status: active.status }
            })
          })
        ),
      ack: (runId, seq) => void this.acks.push([runId, seq]),
      drained: () => void this.drains++,
      setTyping: (typing) => void this.typing.push(typing)
    }
  }
}

const replay = (run: DoubleRun, cursor: RunCursor, send: (frame: RunFrame) => void): void => {
  const run_ = { conversationId: run.conversationId, runId: run.runId }
  if (cursor.epoch !== undefined && cursor.epoch !== run.epoch) {
    send({
      type: "snapshot",
      ...run_,
      epoch: run.epoch,
      seq: run.events.length,
      state: {
        messageId: run.messageId,
        model: "demo/echo",
        content: [{ type: "text", text: run.text }],
        usage: null,
        status: run.status,
        terminal: run.terminal
      }
    })
  } else {
    const after = cursor.afterSeq ?? 0
    const missed = run.events.slice(after)
    if (missed.length > 0) send(delta(run, after + 1, missed))
  }
  send({ type: "caught-up", ...run_, epoch: run.epoch, seq: run.events.length })
}

const delta = (run: DoubleRun, seq: number, events: ReadonlyArray<RunEvent>): RunFrame => ({
  type: "delta",
  conversationId: run.conversationId,
  runId: run.runId,
  epoch: run.epoch,
  seq,
  count: events.length,
  events
})

const conversation = (id: ConversationId, model: string): Conversation => ({
  id,
  title: "",
  model,
  systemPrompt: null,
  parameters: {},
  createdBy: PrincipalId.make(`prn_${"0".repeat(26)}`),
  createdAtMs: 1,
  updatedAtMs: 1
})

const answer = (run: DoubleRun, parentId: MessageId | null): Message => ({
  id: run.messageId,
  conversationId: run.conversationId,
  parentId,
  role: "assistant",
  authorId: null,
  content: run.text === "" ? [] : [{ type: "text", text: run.text }],
  status: run.status === "running" ? "streaming" : run.status,
  runId: run.runId,
  model: "demo/echo",
  finishReason: run.status === "complete" ? "stop" : null,
  usage: null,
  error: null,
  lastSeq: run.events.length,
  createdAtMs: 1
})
