/** A conversation as this client holds it: the room's log, its runs, and what is on its way. */
import type { Message } from "@parley/domain/Message"
import type { Accepted } from "@parley/domain/ConversationCommand"
import type { ServerFrame } from "@parley/domain/SocketProtocol"
import type { CallOptions } from "../http/HttpCaller.ts"
import { last } from "../last.ts"
import type { Beginning, NewCommand } from "../outbox/OutboxStorage.ts"
import type { Sending } from "../outbox/Sending.ts"
import type { Run } from "../run/Run.ts"
import type { RunFollower } from "../run/RunFollower.ts"
import { RunShelf } from "../run/RunShelf.ts"
import { Listeners } from "../Store.ts"
import type { AskOptions, Chat, Content, SendOptions, Sent } from "./Chat.ts"
import type { ChatOptions } from "./ChatOptions.ts"
import type { ChatState } from "./ChatState.ts"
import { ChatView } from "./ChatView.ts"
import { MessagePages } from "./MessagePages.ts"
import { MessageTree } from "./MessageTree.ts"
import { asked, newSend, partsOf } from "./newCommand.ts"
import { Room } from "./Room.ts"
import { sentOf } from "./sentOf.ts"

export class ChatFollower implements Chat {
  readonly id: string
  readonly #options: ChatOptions
  readonly #tree = new MessageTree()
  readonly #pages: MessagePages
  readonly #room: Room
  readonly #runs: RunShelf
  readonly #view: ChatView
  readonly #listeners: Listeners
  #state: ChatState | undefined
  #isTyping = false
  #beginning: Beginning | undefined

  constructor(options: ChatOptions) {
    const { host, id } = options
    this.id = id
    this.#options = options
    this.#beginning = options.beginning ?? options.outbox.lanes.beginning(id)
    this.#listeners = new Listeners(host.onError)
    this.#pages = new MessagePages(id, options.api, this.#tree)
    this.#runs = new RunShelf({ conversationId: id, host, changed: (run) => this.#runChanged(run) })
    this.#view = new ChatView({ tree: this.#tree, run: this.#runs.snapshot, sendings: () => options.outbox.of(id) })
    this.#room = new Room({
      conversationId: id,
      host,
      on: {
        added: (message) => this.#added(message),
        replaced: (messages) => this.#replaced(messages),
        closed: (message) => this.#closedMessage(message),
        run: ({ messageId, runId }, from) => void this.#runs.follow(runId, messageId, from),
        caughtUp: () => {
          this.#runs.opened()
          options.outbox.resume(id)
        },
        changed: () => this.#changed()
      }
    })
  }

  get messages(): ChatState["messages"] {
    return this.getSnapshot().messages
  }
  get hasListeners(): boolean {
    return this.#listeners.size > 0
  }
  /** An answer is being written, as far as is known here. */
  get isAnswering(): boolean {
    return this.#runs.active !== null
  }

  readonly subscribe = (listener: () => void): (() => void) => this.#listeners.add(listener)

  readonly getSnapshot = (): ChatState => {
    const room = this.#room
    return (this.#state ??= {
      status: this.#beginning === undefined ? room.status : "away",
      error: room.error ?? this.#options.refusal(),
      conversation: room.conversation,
      beginning: this.#beginning ?? null,
      members: room.members,
      online: room.online,
      typing: room.typing,
      messages: this.#view.messages(),
      activeRun: this.#runs.active,
      hasOlder: this.#pages.hasOlder,
      hasNewer: this.#pages.hasNewer
    })
  }

  readonly send = (content: Content, { model, parameters, parentId, reply }: SendOptions = {}): Sent => {
    const { outbox } = this.#options
    // What is said without a parent follows the newest message: that is where one goes with it.
    if (parentId === undefined && this.#pages.hasNewer) this.showNewest()
    const leaf = last(this.#tree.path())?.id
    const isBranch = parentId === undefined && !this.#tree.showsNewest && outbox.of(this.id).length === 0
    const parent = isBranch ? leaf : parentId
    return this.#put(newSend(content, { model, parameters, reply, parentId: parent }))
  }

  readonly beginWith = (beginning: Beginning): void => {
    if (this.#beginning === undefined) return
    this.#beginning = beginning
    this.#options.outbox.setBeginning(this.id, beginning)
  }

  readonly edit = (messageId: string, content: Content, options: AskOptions = {}): Sent =>
    this.#put({ type: "edit", messageId, content: partsOf(content), ...asked(options) })

  readonly regenerate = (messageId: string, options: AskOptions = {}): Sent =>
    this.#put({ type: "regenerate", messageId, ...asked(options) })

  readonly sent = (key: string): Sent | undefined => {
    const sending = this.#options.outbox.of(this.id).find((one) => one.key === key)
    return sending === undefined ? undefined : this.#sentOf(sending)
  }

  readonly cancel = async (): Promise<void> => {
    const active = this.#runs.active
    if (active !== null) await this.run(active.runId).cancel()
  }

  readonly run = (runId: string): Run => {
    const known = this.#runs.get(runId)
    if (known !== undefined) return known
    const run = this.#runs.follow(runId, null, "unknown")
    if (this.#options.host.isOpen()) run.opened()
    return run
  }

  readonly selectBranch = (messageId: string): void => {
    this.#tree.select(messageId)
    this.#shownChanged()
  }

  readonly show = async (messageId: string, { signal }: CallOptions = {}): Promise<boolean> => {
    if (this.#tree.get(messageId) === undefined) await this.#pages.around(messageId, signal)
    const isThere = this.#tree.get(messageId) !== undefined
    this.selectBranch(messageId)
    return isThere
  }

  readonly showNewest = (): void => {
    this.#pages.leave()
    this.#tree.selectNewest()
    this.#shownChanged()
  }

  readonly loadOlder = async ({ signal }: CallOptions = {}): Promise<boolean> => {
    await this.#pages.older(signal)
    this.#shownChanged()
    return this.#pages.hasOlder
  }

  readonly loadNewer = async ({ signal }: CallOptions = {}): Promise<boolean> => {
    await this.#pages.newer(signal)
    this.#shownChanged()
    return this.#pages.hasNewer
  }

  readonly setTyping = (typing: boolean): void => {
    if (typing === this.#isTyping) return
    this.#isTyping = typing
    this.#options.host.tell({ type: "typing", conversationId: this.id, typing })
  }

  readonly close = (): void => {
    this.#room.stop()
    this.#runs.stop()
    this.#options.closed()
  }

  opened(): void {
    this.#isTyping = false
    if (this.#beginning === undefined) this.#room.opened()
  }
  /** The server has it, or nobody is going to make it: that is asked of the server. */
  begun(): void {
    this.#beginning = undefined
    this.#room.begun()
    if (this.#options.host.isOpen()) this.opened()
    this.#changed()
  }
  lost(): void {
    this.#runs.lost()
    this.#room.lost()
  }

  receive(frame: ServerFrame): RunFollower | undefined {
    switch (frame.type) {
      case "room":
      case "room-snapshot":
      case "presence":
        this.#room.receive(frame)
        return undefined
      case "room-gone":
        this.#room.gone(frame.reason)
        this.#runs.stop()
        return undefined
      case "delta":
      case "snapshot":
      case "closed":
      case "gone":
      case "caught-up": {
        if (frame.type === "closed") this.#tree.put(frame.message)
        const run = this.#runs.get(frame.runId)
        run?.receive(frame)
        return run
      }
      default:
        return undefined
    }
  }

  get unfinishedRuns(): ReadonlyArray<RunFollower> {
    return this.#runs.unfinished
  }

  /** The server has stored what was sent. */
  accepted(sending: Sending, { messageId, run }: Accepted): void {
    const id = sending.item.command.type === "regenerate" ? (run?.messageId ?? messageId) : messageId
    this.#view.accepted(sending, id)
    if (run !== null && this.#runs.get(run.runId) === undefined && this.#tree.get(run.messageId)?.status !== "complete") {
      this.run(run.runId)
    }
    this.#settleSendings()
  }

  sendingChanged(): void {
    this.#beginning ??= this.#options.outbox.lanes.beginning(this.id)
    this.#shownChanged()
  }
  connectionChanged(): void {
    this.#changed()
  }

  #put(command: NewCommand): Sent {
    return this.#sentOf(this.#options.outbox.add(this.id, command, this.#beginning))
  }

  #sentOf(sending: Sending): Sent {
    const { outbox, refusal } = this.#options
    return sentOf(sending, outbox, refusal, this.run)
  }

  #added(message: Message): void {
    this.#tree.add(message)
    this.#view.told(message)
    this.#settleSendings()
  }

  #replaced(messages: ReadonlyArray<Message>): void {
    const wasEmpty = this.#tree.path().length === 0
    const showedEnd = this.#tree.showsNewest && !this.#pages.isApart
    for (const message of messages) this.#tree.put(message)
    // So much may have been missed that what was held ends before what is told now: the end is shown, and the rest is older.
    if (wasEmpty || (showedEnd && !this.#tree.isJoined)) this.#tree.selectNewest()
    this.#view.changed()
    this.#settleSendings()
  }

  #closedMessage(message: Message): void {
    this.#tree.put(message)
    this.#view.changed()
    if (message.runId !== null) this.#runs.get(message.runId)?.ended(message)
    this.#options.outbox.resume(this.id)
  }

  #runChanged(run: RunFollower): void {
    this.#view.answerChanged(run.messageId)
    this.#changed()
    if (!run.isUnfinished) this.#options.outbox.resume(this.id)
  }

  #settleSendings(): void {
    const { outbox } = this.#options
    for (const sending of [...outbox.of(this.id)]) {
      if (sending.status !== "accepted" || !this.#view.isTold(sending)) continue
      outbox.settle(sending)
      this.#view.settled(sending)
    }
  }

  #shownChanged(): void {
    this.#view.changed()
    this.#changed()
  }

  #changed(): void {
    this.#state = undefined
    this.#listeners.notify()
  }
}
