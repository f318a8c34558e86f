/** A client as it is on somebody's device: its network comes and goes, its page is loaded again, and what it has to send is kept over that. */
import type { FrontDoor } from "../../../web/test/support/frontDoor.ts"
import { createClient, memoryOutbox, ParleyConnectionError, textOf } from "../../src/sdk.ts"
import type { Chat, ClientOptions, OutboxStorage, ParleyClient, Run, Sent, Store } from "../../src/sdk.ts"
import { Listeners } from "../../src/Store.ts"

/** What `run.events()` told of one answer, from a beginning to its end. */
export interface Reading {
  readonly runId: string
  text: string
  readonly terminals: Array<string>
  isDone: boolean
}

/** Milliseconds. Short pauses: what is to be seen is what happens, not how long it is waited for. */
const limits = { firstPauseMs: 4, shortestPauseMs: 1, longestPauseMs: 40, pongTimeoutMs: 2_000, connectTimeoutMs: 4_000 }

export class Device {
  readonly name: string
  /** What was said here, in order. */
  readonly texts: Array<string> = []
  /** How many answers were asked for here. */
  asked = 0
  readonly readings: Array<Reading> = []
  readonly errors: Array<unknown> = []
  /** Promises to stop an answer that are still to be kept. */
  readonly cancels = new Set<Promise<void>>()
  readonly #door: FrontDoor
  readonly #serverUrl: string
  readonly #options: ClientOptions
  readonly #conversationId: string
  readonly #kept = countedOutbox((error) => this.errors.push(error))
  readonly #watchers = new Set<{ readonly wake: () => void; readonly offline: () => void }>()
  #isOnline = true
  #client: ParleyClient
  #chat: Chat

  constructor(options: {
    readonly name: string
    readonly door: FrontDoor
    readonly serverUrl: string
    readonly apiKey: string
    readonly conversationId: string
    readonly random: () => number
  }) {
    this.name = options.name
    this.#door = options.door
    this.#serverUrl = options.serverUrl
    this.#conversationId = options.conversationId
    this.#options = {
      url: options.door.url,
      apiKey: options.apiKey,
      outbox: this.#kept.storage,
      limits,
      onError: (error) => this.errors.push(error),
      platform: {
        random: options.random,
        isOnline: () => this.#isOnline,
        watch: (on) => {
          this.#watchers.add(on)
          return () => void this.#watchers.delete(on)
        }
      }
    }
    options.door.leadTo(options.serverUrl)
    this.#client = createClient(this.#options)
    this.#chat = this.#client.conversation(this.#conversationId)
  }

  get chat(): Chat {
    return this.#chat
  }
  /** How many messages wait to be accepted. */
  get waiting(): Store<number> {
    return this.#kept.count
  }

  /** `answers`: a model does, which is followed to its end. */
  say(sent: Sent, text: string | undefined, answers: boolean): void {
    if (text !== undefined) this.texts.push(text)
    if (answers) this.asked++
    const client = this.#client
    void sent.accepted().then(
      ({ run }) => (run === null ? undefined : this.#read(run)),
      // Nor for what a page had on its way: the next one takes it up.
      (error: unknown) => void (client === this.#client && this.#options.onError?.(error))
    )
  }

  cancel(): void {
    const client = this.#client
    const cancelled = this.#chat.cancel().catch((error: unknown) => {
      // Of a page that was loaded again nobody waits for it; and without a connection nothing is stopped, which is said.
      const isSaid = error instanceof ParleyConnectionError && error.fault === "unreachable" && !error.workMayHaveHappened
      if (client === this.#client && !isSaid) this.errors.push(error)
    })
    this.cancels.add(cancelled)
    void cancelled.finally(() => this.cancels.delete(cancelled))
  }

  /** Every connection ends, and the next one is let through. */
  cut(): void {
    this.#door.shut()
    if (this.#isOnline) this.#door.leadTo(this.#serverUrl)
  }
  stall(): void {
    this.#door.stall()
  }
  flow(): void {
    this.#door.flow()
  }

  goOffline(): void {
    this.#isOnline = false
    this.#door.shut()
    for (const { offline } of [...this.#watchers]) offline()
  }
  goOnline(): void {
    this.#isOnline = true
    this.#door.leadTo(this.#serverUrl)
    for (const { wake } of [...this.#watchers]) wake()
  }

  /** Whatever was not kept is gone. */
  reload(): void {
    this.#client.close()
    this.cancels.clear()
    this.#client = createClient(this.#options)
    this.#chat = this.#client.conversation(this.#conversationId)
  }

  close(): void {
    this.#client.close()
  }

  async #read(run: Run): Promise<void> {
    const reading: Reading = { runId: run.id, text: "", terminals: [], isDone: false }
    this.readings.push(reading)
    try {
      for await (const event of run.events()) {
        if (event.type === "text-delta") reading.text += event.text
        else if (event.type === "snapshot") reading.text = textOf(event.state.content)
        else if (event.type === "run-complete" || event.type === "run-cancel" || event.type === "run-fail")
          reading.terminals.push(event.type)
      }
      reading.isDone = true
    } catch (error) {
      // Of a page that was loaded again nobody reads on.
      this.readings.splice(this.readings.indexOf(reading), 1)
      if (!(error instanceof ParleyConnectionError && error.fault === "closed")) this.errors.push(error)
    }
  }
}

const countedOutbox = (onError: (error: unknown) => void): { readonly storage: OutboxStorage; readonly count: Store<number> } => {
  const items = memoryOutbox()
  const listeners = new Listeners(onError)
  const ids = new Set<string>()
  return {
    count: { getSnapshot: () => ids.size, subscribe: listeners.add },
    storage: {
      load: items.load,
      put: async (item) => {
        await items.put(item)
        ids.add(item.clientMessageId)
        listeners.notify()
      },
      remove: async (clientMessageId) => {
        await items.remove(clientMessageId)
        ids.delete(clientMessageId)
        listeners.notify()
      }
    }
  }
}
