/**
 * What was written and is not yet accepted. Per conversation one at a time and in order; each under its `clientMessageId`, under which the
 * server makes one turn however often it is sent, from however many tabs.
 */
import type { Accepted } from "@parley/domain/ConversationCommand"
import type { Conversation } from "@parley/domain/Message"
import type { SendError } from "../chat/ChatState.ts"
import { pauseMs } from "../connection/pause.ts"
import type { FollowHost } from "../follow/FollowHost.ts"
import { ParleyApiError } from "../ParleyApiError.ts"
import { ParleyConnectionError } from "../ParleyConnectionError.ts"
import { ParleyOutboxError } from "../ParleyOutboxError.ts"
import { Lanes } from "./Lanes.ts"
import { newId } from "./newId.ts"
import type { Beginning, NewCommand, OutboxItem, OutboxStorage } from "./OutboxStorage.ts"
import { knownIn, reconcile } from "./reconcile.ts"
import { Sending } from "./Sending.ts"

export interface OutboxOptions {
  readonly host: FollowHost
  readonly storage: OutboxStorage
  /** An answer is being written there: another cannot begin. */
  readonly isAnswering: (conversationId: string) => boolean
  readonly changed: (conversationId: string) => void
  /** Makes the conversation, once however often. */
  readonly create: (conversationId: string, begin: Beginning) => Promise<Conversation>
  /** Nothing of it is to be made any more. `made`: it was, here and now; else another tab has done it, or given it up. */
  readonly begun: (conversationId: string, made?: Conversation) => void
  readonly accepted: (sending: Sending, accepted: Accepted) => void
  /** What it goes out as. */
  readonly prepare: (item: OutboxItem) => OutboxItem | Promise<OutboxItem>
}

export class Outbox {
  readonly lanes = new Lanes()
  readonly #options: OutboxOptions
  readonly #pauses = new Map<string, () => void>()
  readonly #stopWatching: (() => void) | undefined
  #isLoaded = false
  #size = 0
  #order = 0

  constructor(options: OutboxOptions) {
    this.#options = options
    this.#stopWatching = options.storage.watch?.(() => void this.load(!this.#isLoaded || !options.host.isOpen()))
  }

  /** The connection is lost: what other tabs were about to send waits, and is shown here too. */
  lost(): void {
    if (this.#stopWatching !== undefined) void this.load()
  }

  /** Takes up what an earlier page, or another tab, left, unless that goes out from there at once; and lets go of what another tab has sent or given up. */
  async load(takesUp = true): Promise<void> {
    const known = knownIn(this.lanes)
    const items = await this.#kept()
    if (items === undefined) return
    this.#isLoaded = true
    const { changed, more } = reconcile(this.lanes, known, items, takesUp)
    this.#size += more
    for (const [conversationId, isBegun] of changed) {
      if (isBegun) this.#options.begun(conversationId)
      this.#options.changed(conversationId)
      this.pump(conversationId)
    }
  }

  /** In the order in which they go out; accepted ones until `settle`. */
  of(conversationId: string): ReadonlyArray<Sending> {
    return this.lanes.of(conversationId)
  }

  /** With something else; `undefined`: it is made. */
  setBeginning(conversationId: string, begin: Beginning | undefined): void {
    const { changed, host, storage } = this.#options
    for (const sending of this.of(conversationId)) {
      const { begin: before, ...item } = sending.item
      if (before === undefined) continue
      sending.item = begin === undefined ? item : { ...item, begin }
      storage.put(sending.item).catch(host.onError)
    }
    changed(conversationId)
  }

  /** Throws `ParleyOutboxError` when as many wait as may. */
  add(conversationId: string, command: NewCommand, begin: Beginning | undefined): Sending {
    const { host } = this.#options
    const clientMessageId = newId("sdk", host.platform)
    if (this.#size >= host.limits.outboxItems) throw new ParleyOutboxError("outbox-full", `${this.#size} messages wait already`)
    const item: OutboxItem = {
      clientMessageId,
      conversationId,
      createdAtMs: host.platform.nowMs(),
      order: this.#order++,
      command: { ...command, clientMessageId },
      ...(begin === undefined ? {} : { begin })
    }
    const sending = new Sending(item, "storing")
    this.#put(sending)
    return sending
  }

  /** Another try of one that failed and was not discarded; one that waited for too long goes out under a new `clientMessageId`. */
  retry(sending: Sending): void {
    if (sending.status !== "failed" || !this.lanes.has(sending)) return
    const { error, item } = sending
    sending.attempts = 0
    if (error instanceof ParleyOutboxError && error.fault === "expired") {
      const clientMessageId = newId("sdk", this.#options.host.platform)
      const command = { ...item.command, clientMessageId }
      sending.item = { ...item, clientMessageId, command, createdAtMs: this.#options.host.platform.nowMs() }
      this.#forget(item.clientMessageId)
    }
    sending.to("storing")
    this.#store(sending)
  }

  /** Gives one up that is not under way; false when it is, or has been accepted or discarded. */
  discard(sending: Sending): boolean {
    if (sending.status === "sending" || sending.status === "accepted" || !this.lanes.has(sending)) return false
    this.#drop(sending)
    sending.to("failed", new ParleyConnectionError("closed", "the message was discarded"))
    return true
  }

  /** Discards all that is not under way; what it gives back puts that there again, under the same `clientMessageId`s. */
  withdraw(conversationId: string): () => void {
    // From the end: what follows one that goes must not go out instead.
    const taken = [...this.of(conversationId)].reverse().filter((sending) => this.discard(sending))
    return () => {
      for (const sending of taken.splice(0).reverse()) {
        sending.to("storing")
        this.#put(sending)
      }
    }
  }

  /** The room tells the accepted message itself. */
  settle(sending: Sending): void {
    this.lanes.remove(sending)
  }

  /** Sends the next of a conversation, if it may. */
  pump(conversationId: string): void {
    const { host, isAnswering, prepare } = this.#options
    const first = this.of(conversationId).find(({ status }) => status !== "accepted" && status !== "failed")
    if (first === undefined || first.status !== "waiting" || !host.isOpen() || this.#pauses.has(conversationId)) return
    if (host.platform.nowMs() - first.item.createdAtMs > host.limits.outboxMaxAgeMs)
      return this.#failed(first, new ParleyOutboxError("expired", "the message waited too long: it might be doubled"))
    const { begin, command } = first.item
    // The answer that is being written may be the one to what was said before the connection was lost.
    if (isAnswering(conversationId) && !first.isUnsure && !(command.type === "send" && command.reply === false)) return
    first.attempts++
    first.isUnsure = true
    first.to("sending")
    this.#options.changed(conversationId)
    const ask = async () => {
      if (begin !== undefined && !(await this.#begin(first, begin))) return undefined
      first.item = await prepare(first.item)
      return host.ask({ ...first.item.command, conversationId })
    }
    ask().then(
      (answer) => {
        if (answer?.type === "accepted") this.#accepted(first, answer)
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
    this.#stopWatching?.()
    for (const stop of this.#pauses.values()) stop()
    this.#pauses.clear()
  }

  /** Makes the conversation; false when its first message is not ours to send any more. */
  async #begin(sending: Sending, begin: Beginning): Promise<boolean> {
    const { begun, create } = this.#options
    const { clientMessageId, conversationId } = sending.item
    if (sending.isKept) {
      const kept = await this.#kept()
      if (kept?.every((item) => item.clientMessageId !== clientMessageId) === true) {
        sending.to("waiting")
        this.discard(sending)
        if (this.lanes.beginning(conversationId) === undefined) begun(conversationId)
        return false
      }
    }
    const made = await create(conversationId, begin)
    begun(conversationId, made)
    this.setBeginning(conversationId, undefined)
    return true
  }

  /** Nothing where it cannot be read. */
  #kept(): Promise<ReadonlyArray<OutboxItem> | void> {
    return this.#options.storage.load().catch((error: unknown) => void this.#options.host.onError(error))
  }

  #put(sending: Sending): void {
    this.#size++
    this.lanes.add(sending)
    this.#store(sending)
  }

  #store(sending: Sending): void {
    const { changed, host, storage } = this.#options
    const { conversationId } = sending.item
    sending.isKept = false
    changed(conversationId)
    const ready = (): void => {
      if (sending.status !== "storing") return
      sending.to("waiting")
      this.pump(conversationId)
    }
    const kept = (): void => {
      sending.isKept = true
      ready()
    }
    storage.put(sending.item).then(kept, (cause: unknown) => {
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

  #accepted(sending: Sending, accepted: Accepted): void {
    const { conversationId } = sending.item
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
    let leastMs = 0
    // Lost: the next connection ends the pause.
    if (error instanceof ParleyApiError) {
      const isBusy = error.code === "conflict" && sending.item.begin === undefined
      if (!isBusy && (error.retry === "never" || sending.attempts >= host.limits.sendAttempts))
        return this.#failed(sending, error)
      sending.isUnsure = false
      leastMs = error.retryAfterMs ?? 0
    } else if (!(error instanceof ParleyConnectionError)) host.onError(error)
    sending.to("waiting")
    this.#options.changed(conversationId)
    this.#pause(conversationId, Math.max(leastMs, pauseMs(sending.attempts, host.limits, host.platform.random)))
  }

  #failed(sending: Sending, error: SendError): void {
    const { begin, conversationId } = sending.item
    sending.to("failed", error)
    if (begin !== undefined) {
      // What follows must not begin the conversation instead.
      for (const later of this.of(conversationId)) {
        if (later.status === "waiting" || later.status === "storing") later.to("failed", error)
      }
    }
    this.#options.changed(conversationId)
    this.pump(conversationId)
  }

  #pause(conversationId: string, delayMs: number): void {
    const stop = this.#options.host.platform.after(delayMs, () => {
      this.#pauses.delete(conversationId)
      this.pump(conversationId)
    })
    this.#pauses.set(conversationId, stop)
  }

  #drop(sending: Sending): void {
    const { clientMessageId, conversationId } = sending.item
    this.#size--
    this.settle(sending)
    this.#forget(clientMessageId)
    this.#options.changed(conversationId)
    this.pump(conversationId)
  }

  #forget(clientMessageId: string): void {
    this.#options.storage.remove(clientMessageId).catch(this.#options.host.onError)
  }
}
