/** The client: one connection, the HTTP API, and the chats that are open. */
import type { FilePart } from "@parley/domain/Content"
import type { ServerFrame } from "@parley/domain/SocketProtocol"
import { ChatFollower } from "./chat/ChatFollower.ts"
import type { Chat } from "./chat/Chat.ts"
import type { ClientOptions } from "./ClientOptions.ts"
import { Connection } from "./connection/Connection.ts"
import type { ConnectionState } from "./connection/connectionMachine.ts"
import type { FollowHost } from "./follow/FollowHost.ts"
import type { CallOptions } from "./http/HttpCaller.ts"
import { httpHalf } from "./http/httpHalf.ts"
import type { Upload } from "./http/uploadAttachment.ts"
import type { HttpApi } from "./http/HttpApi.ts"
import { FollowedList } from "./list/FollowedList.ts"
import type { OnListChange } from "./list/OnListChange.ts"
import { Outbox } from "./outbox/Outbox.ts"
import { newId } from "./outbox/newId.ts"
import { memoryOutbox } from "./outbox/OutboxStorage.ts"
import type { Beginning, OutboxItem } from "./outbox/OutboxStorage.ts"
import type { ParleyApiError } from "./ParleyApiError.ts"
import { ParleyConnectionError } from "./ParleyConnectionError.ts"
import type { Plain } from "./Plain.ts"
import { Acks } from "./run/Acks.ts"
import { Listeners } from "./Store.ts"
import type { Store } from "./Store.ts"

export interface ConnectionSnapshot {
  readonly state: ConnectionState
  /** Why it is away or refused. */
  readonly error: ParleyApiError | ParleyConnectionError | null
  /** When it is tried again, in Unix milliseconds. */
  readonly retryAtMs: number | null
  /** It is open as far as it is known, but the surroundings say that there is no network, and the server has shown no sign of life since. */
  readonly isDoubtful: boolean
}

export interface ParleyClient {
  /** Every endpoint of the HTTP API, by group. */
  readonly api: HttpApi
  /** `api.conversations`. */
  readonly conversations: HttpApi["conversations"]
  /** A file for a message of that conversation; the answer is the part to send. Rejected when the server does not take such files. */
  readonly upload: (file: Upload, options?: CallOptions) => Promise<Plain<FilePart>>
  /** The conversation, followed from now on; the same object until it is closed. */
  readonly conversation: (id: string) => Chat
  /** A new conversation, made before its first message goes out: also without a network. Its `id` is the one that it keeps. */
  readonly begin: (beginning?: Beginning) => Chat
  /** The first message of each conversation that is still to be made. */
  readonly beginnings: Store<ReadonlyArray<OutboxItem>>
  /**
   * Discards all that waits to be sent in a conversation, which is thereby not made either; what it gives back puts it there again. What is under
   * way stays.
   */
  readonly withdraw: (conversationId: string) => () => void
  /**
   * Calls back when something changed in the list of conversations, wherever that was: `all` (read it) after each connection, and then what
   * changed. Gives back the function that stops it.
   */
  readonly onListChange: (listener: OnListChange) => () => void
  readonly connection: Store<ConnectionSnapshot>
  /** Connects now, also after a refusal: with another key, say. Without it the first chat does. */
  readonly connect: () => void
  /** Somebody looks again: for surroundings that have no `online` and `visibilitychange` events. */
  readonly wake: () => void
  /** For good. What waits in the outbox stays in its storage. */
  readonly close: () => void
}

export const createClient = (options: ClientOptions = {}): ParleyClient => {
  const onError = options.onError ?? (() => {})
  const { api, baseUrl, http, limits, platform, upload } = httpHalf(options)
  const chats = new Map<string, ChatFollower>()
  const listeners = new Listeners(onError)
  const beginners = new Listeners(onError)
  let beginnings: ReadonlyArray<OutboxItem> = []
  let snapshot: ConnectionSnapshot | undefined

  const receive = (frame: ServerFrame, length: number): void => {
    if (frame.type === "list-changed") return list.tell(frame.change)
    if (!("conversationId" in frame)) return
    const run = chats.get(frame.conversationId)?.receive(frame)
    if (run !== undefined) acks.received(run, length)
  }
  const connection = new Connection({
    socketUrl: `${baseUrl.replace(/^http/, "ws")}/ws`,
    platform,
    limits,
    http,
    onError,
    on: {
      changed: () => {
        snapshot = undefined
        listeners.notify()
        for (const chat of chats.values()) chat.connectionChanged()
        for (const sending of outbox.lanes.all) sending.look()
      },
      opened: () => {
        list.opened()
        for (const chat of chats.values()) chat.opened()
        for (const id of outbox.lanes.conversations) outbox.resume(id)
      },
      frame: receive,
      beat: () => {
        for (const chat of chats.values()) acks.repeat(chat.unfinishedRuns)
      },
      lost: () => {
        acks.lost()
        for (const chat of chats.values()) chat.lost()
        outbox.lost()
      }
    }
  })
  const host: FollowHost = {
    platform,
    limits,
    onError,
    isOpen: () => connection.state === "open",
    ask: (command) => connection.ask(command),
    tell: (frame) => connection.tell(frame),
    abandon: () => connection.dispatch("lost", new ParleyConnectionError("unreadable", "the server's frames do not follow on"))
  }
  const acks = new Acks(host)
  const list = new FollowedList(host)
  const outbox = new Outbox({
    host,
    storage: options.outbox ?? memoryOutbox(),
    isAnswering: (id) => chats.get(id)?.isAnswering ?? false,
    create: (id, beginning) => api.conversations.create({ ...beginning, id }),
    begun: (id, made) => {
      chats.get(id)?.begun()
      list.tell(made === undefined ? { type: "all" } : { type: "changed", conversationId: made.id })
    },
    changed: (id) => {
      chats.get(id)?.sendingChanged()
      const before = beginnings
      beginnings = outbox.lanes.beginnings
      if (before.length + beginnings.length > 0) beginners.notify()
      connection.dispatch("want")
    },
    prepare: options.prepare ?? ((item) => item),
    accepted: (sending, accepted) => {
      const chat = chats.get(sending.item.conversationId)
      if (chat === undefined) outbox.settle(sending)
      else chat.accepted(sending, accepted)
    }
  })
  const refusal = () => (connection.state === "refused" || connection.state === "closed" ? connection.error : null)
  const stopWatching = platform.watch({
    wake: () => connection.dispatch("wake"),
    offline: () => connection.dispatch("offline")
  })
  void outbox.load()

  return {
    api,
    conversations: api.conversations,
    upload,
    conversation: (id) => open(id),
    begin: (beginning = {}) => open(newId("cnv", platform), beginning),
    beginnings: { getSnapshot: () => beginnings, subscribe: beginners.add },
    withdraw: (id) => outbox.withdraw(id),
    onListChange: (listener) => {
      connection.dispatch("want")
      return list.add(listener)
    },
    connection: {
      getSnapshot: () => {
        const { error, isDoubtful, retryAtMs, state } = connection
        return (snapshot ??= { state, error, retryAtMs, isDoubtful })
      },
      subscribe: listeners.add
    },
    connect: () => connection.dispatch("connect"),
    wake: () => connection.dispatch("wake"),
    close: () => {
      stopWatching()
      outbox.stop()
      connection.dispatch("close", new ParleyConnectionError("closed", "the client was closed"))
      for (const chat of [...chats.values()]) chat.close()
    }
  }

  function open(id: string, beginning?: Beginning): Chat {
    const known = chats.get(id)
    const chat: ChatFollower =
      known ?? new ChatFollower({ id, host, api, outbox, refusal, beginning, closed: () => forget(chat) })
    // The one that was used last is the last.
    chats.delete(id)
    chats.set(id, chat)
    if (known === undefined) {
      closeIdle()
      connection.dispatch("want")
      if (host.isOpen()) chat.opened()
    }
    return chat
  }

  function forget(chat: ChatFollower): void {
    if (chats.get(chat.id) === chat) chats.delete(chat.id)
    if (host.isOpen()) connection.ask({ type: "unfollow", conversationId: chat.id }).catch(() => {})
  }

  function closeIdle(): void {
    for (const chat of [...chats.values()]) {
      if (chats.size <= limits.openChats) return
      if (!chat.hasListeners && !chat.isAnswering && outbox.of(chat.id).length === 0) chat.close()
    }
  }
}
