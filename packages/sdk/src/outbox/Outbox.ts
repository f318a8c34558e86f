/**
 * What was written and is not yet accepted. Per conversation one at a time and in order; each under its `clientMessageId`, under which the
 * server makes one turn however often it is sent, from however many tabs.
 */
import type { Accepted } from "@parley/domain/ConversationCommand"
import type { SendError } from "../chat/ChatState.ts"
import { pauseMs } from "../connection/pause.ts"
import type { FollowHost } from "../follow/FollowHost.ts"
import { ParleyApiError } from "../ParleyApiError.ts"
import { ParleyConnectionError } from "../ParleyConnectionError.ts"
import { ParleyOutboxError } from "../ParleyOutboxError.ts"
import type { OutboxCommand, OutboxItem, OutboxStorage } from "./OutboxStorage.ts"
import { newClientMessageId } from "./newClientMessageId.ts"
import { Sending } from "./Sending.ts"

export interface OutboxOptions {
  readonly host: FollowHost
  readonly storage: OutboxStorage
  /** An answer is being written there: another cannot begin. */
  readonly isAnswering: (conversationId: string) => boolean
  readonly changed: (conversationId: string) => void
  readonly accepted: (sending: Sending, accepted: Accepted) => void
}

type WithoutClientId<T> = T extends OutboxCommand ? Omit<T, "clientMessageId"> : never
/** What is to be sent, before it has its `clientMessageId`. */
export type NewCommand = WithoutClientId<OutboxCommand>

export class Outbox {
  readonly #options: OutboxOptions
  readonly #lanes = new Map<string, Array<Sending>>()
  readonly #pauses = new Map<string, () => void>()
  #size = 0
  #order = 0

  constructor(options: OutboxOptions) {
    this.#options = options
  }

  /** Takes up what an earlier page, or another tab, left. */
  async load(): Promise<void> {
    const { host, storage } = this.#options
    let items: ReadonlyArray<OutboxItem>
    try {
      items = await storage.load()
    } catch (error) {
      return host.onError(error)
    }
    const byAge = [...items].sort((a, b) => a.createdAtMs - b.createdAtMs || a.order - b.order)
    const found = new Set<string>()
    for (const item of byAge) {
      const lane = this.#lane(item.conversationId)
      if (lane.some(({ key }) => key === item.clientMessageId)) continue
      this.#size++
      // Before what was written since this page began.
      const at = lane.findIndex((sending) => sending.item.createdAtMs > item.createdAtMs)
      lane.splice(at === -1 ? lane.length : at, 0, new Sending(item, "waiting"))
      found.add(item.conversationId)
    }
    for (const conversationId of found) {
      this.#options.changed(conversationId)
      this.pump(conversationId)
    }
  }

  get conversations(): ReadonlyArray<string> {
    return [...this.#lanes.keys()]
  }

  /** In the order in which they go out; accepted ones until `settle`. */
  of(conversationId: string): ReadonlyArray<Sending> {
    return this.#lanes.get(conversationId) ?? []
  }

  /** Throws `ParleyOutboxError` when as many wait as may. */
  add(conversationId: string, command: NewCommand, clientMessageId: string): Sending {
    const { host } = this.#options
    if (this.#size >= host.limits.outboxItems) {
      throw new ParleyOutboxError(
        "outbox-full",
        `${this.#size} messages wait already; nothing of them is lost, and this one was not taken`
      )
    }
    const item: OutboxItem = {
      clientMessageId,
      conversationId,
      createdAtMs: host.platform.nowMs(),
      order: this.#order++,
      command: { ...command, clientMessageId }
    }
    const sending = new Sending(item, "storing")
    this.#size++
    this.#lane(conversationId).push(sending)
    this.#store(sending)
    return sending
  }

  /** Another try of one that failed and was not discarded; one that waited for too long goes out under a new `clientMessageId`. */
  retry(sending: Sending): void {
    if (sending.status !== "failed" || !this.#holds(sending)) return
    const { error, item } = sending
    sending.attempts = 0
    if (error instanceof ParleyOutboxError && error.fault === "expired") {
      const clientMessageId = newClientMessageId(this.#options.host.platform)
      const command = { ...item.command, clientMessageId }
      sending.item = { ...item, clientMessageId, command, createdAtMs: this.#options.host.platform.nowMs() }
      this.#forget(item.clientMessageId)
    }
    sending.to("storing")
    this.#store(sending)
  }

  /** Gives one up that is not under way; false when it is, or has been accepted or discarded. */
  discard(sending: Sending): boolean {
    if (sending.status === "sending" || sending.status === "accepted" || !this.#holds(sending)) return false
    this.#drop(sending)
    sending.to("failed", new ParleyConnectionError("closed", "the message was discarded"))
    return true
  }

  /** The room tells the accepted message itself. */
  settle(sending: Sending): void {
    const lane = this.#lanes.get(sending.item.conversationId) ?? []
    const at = lane.indexOf(sending)
    if (at !== -1) lane.splice(at, 1)
    if (lane.length === 0) this.#lanes.delete(sending.item.conversationId)
  }

  /** Sends the next of a conversation, if it may. */
  pump(conversationId: string): void {
    const { host, isAnswering } = this.#options
    const first = this.of(conversationId).find(({ status }) => status !== "accepted" && status !== "failed")
    if (first === undefined || first.status !== "waiting" || !host.isOpen() || this.#pauses.has(conversationId)) return
    if (host.platform.nowMs() - first.item.createdAtMs > host.limits.outboxMaxAgeMs) {
      const message = "the message waited for too long to be sent without a risk of doubling it"
      return this.#failed(first, new ParleyOutboxError("expired", message))
    }
    const { command } = first.item
    if (isAnswering(conversationId) && !(command.type === "send" && command.reply === false)) return
    first.attempts++
    first.to("sending")
    this.#options.changed(conversationId)
    host.ask({ ...command, conversationId }).then(
      (answer) => {
        if (answer.type === "accepted") this.#accepted(first, answer)
      },
      (error: unknown) => this.#refused(first, error)
    )
  }

  /** What a pause waited for has come. */
  resume(conversationId: string): void {
    this.#pauses.get(conversationId)?.()
    this.#pauses.delete(conversationId)
    this.pump(conversationId)
  }

  stop(): void {
    for (const stop of this.#pauses.values()) stop()
    this.#pauses.clear()
  }

  #holds(sending: Sending): boolean {
    return this.of(sending.item.conversationId).includes(sending)
  }

  #store(sending: Sending): void {
    const { changed, host, storage } = this.#options
    const { conversationId } = sending.item
    changed(conversationId)
    const ready = (): void => {
      if (sending.status !== "storing") return
      sending.to("waiting")
      this.pump(conversationId)
    }
    storage.put(sending.item).then(ready, (cause: unknown) => {
      // What can go out now need not be kept.
      if (host.isOpen()) return ready()
      if (sending.status === "storing") {
        this.#failed(
          sending,
          new ParleyOutboxError("storage-full", "there is no room to keep the message until it can be sent", { cause })
        )
      }
    })
  }

  #accepted(sending: Sending, { duplicate, messageId, run }: Accepted): void {
    const { conversationId } = sending.item
    const accepted = { messageId, run, duplicate }
    this.#size--
    sending.accepted = accepted
    this.#forget(sending.item.clientMessageId)
    sending.to("accepted")
    this.#options.accepted(sending, accepted)
    this.#options.changed(conversationId)
    this.pump(conversationId)
  }

  #refused(sending: Sending, error: unknown): void {
    const { host } = this.#options
    const { conversationId } = sending.item
    if (error instanceof ParleyConnectionError) {
      sending.to("waiting")
      this.#options.changed(conversationId)
      // Lost: the next connection sends it again. No answer in time: now.
      if (host.isOpen()) this.#pause(conversationId, pauseMs(sending.attempts, host.limits, host.platform.random))
      return
    }
    if (!(error instanceof ParleyApiError)) return host.onError(error)
    const isBusy = error.code === "conflict"
    if (!isBusy && (error.retry === "never" || sending.attempts >= host.limits.sendAttempts)) return this.#failed(sending, error)
    sending.to("waiting")
    this.#options.changed(conversationId)
    this.#pause(conversationId, Math.max(error.retryAfterMs ?? 0, pauseMs(sending.attempts, host.limits, host.platform.random)))
  }

  #failed(sending: Sending, error: SendError): void {
    sending.to("failed", error)
    this.#options.changed(sending.item.conversationId)
    this.pump(sending.item.conversationId)
  }

  #pause(conversationId: string, delayMs: number): void {
    const stop = this.#options.host.platform.after(delayMs, () => {
      this.#pauses.delete(conversationId)
      this.pump(conversationId)
    })
    this.#pauses.set(conversationId, stop)
  }

  #drop(sending: Sending): void {
    this.#size--
    this.settle(sending)
    this.#forget(sending.item.clientMessageId)
    this.#options.changed(sending.item.conversationId)
    this.pump(sending.item.conversationId)
  }

  #forget(clientMessageId: string): void {
    this.#options.storage.remove(clientMessageId).catch(this.#options.host.onError)
  }

  #lane(conversationId: string): Array<Sending> {
    const lane = this.#lanes.get(conversationId) ?? []
    this.#lanes.set(conversationId, lane)
    return lane
  }
}
