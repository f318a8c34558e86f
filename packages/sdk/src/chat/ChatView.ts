/**
 * What is shown of a conversation, from its tree, its runs and what is on its way. Whatever did not change stays the same object; a token
 * costs one message and one copy of the list.
 */
import type { Message } from "@parley/domain/Message"
import { last } from "../last.ts"
import type { Sending } from "../outbox/Sending.ts"
import type { RunSnapshot } from "../run/RunSnapshot.ts"
import { isLikely, pendingMessage, storedMessage } from "./chatMessage.ts"
import type { ChatMessage } from "./ChatState.ts"
import type { MessageTree } from "./MessageTree.ts"

export interface ChatViewSources {
  readonly tree: MessageTree
  readonly run: (runId: string) => RunSnapshot | null
  /** What is on its way, in order. */
  readonly sendings: () => ReadonlyArray<Sending>
}

interface Shown {
  readonly view: ChatMessage
  readonly message: Message
  readonly run: RunSnapshot | null
}

export class ChatView {
  readonly #sources: ChatViewSources
  /** Of messages that were sent from here: they keep the key that they were shown under. */
  readonly #keys = new Map<string, string>()
  /** The stored message of what is on its way: as the server said, or before that as it seems. */
  readonly #claims = new Map<Sending, string>()
  #shown = new Map<string, Shown>()
  /** The place in the list of each that is shown. */
  #places = new Map<string, number>()
  #messages: ReadonlyArray<ChatMessage> = []
  #isStale = true
  readonly #staleAnswers = new Set<string>()

  constructor(sources: ChatViewSources) {
    this.#sources = sources
  }

  /** More may have changed than one answer's text. */
  changed(): void {
    this.#isStale = true
  }

  /** Only what this answer's run says has changed. */
  answerChanged(id: string | null): void {
    if (id !== null) this.#staleAnswers.add(id)
  }

  /** The room tells a message before the server answers who sent it: it is shown as one of ours when it looks like it. */
  told(message: Message): void {
    const ours = this.#sources.sendings().find((sending) => !this.#claims.has(sending) && isLikely(sending, message))
    if (ours !== undefined) this.#claim(ours, message.id)
    this.#isStale = true
  }

  /** The server says which message it became. */
  accepted(sending: Sending, id: string): void {
    const before = this.#claims.get(sending)
    if (before !== undefined && before !== id) this.#forgetKey(before)
    this.#claim(sending, id)
  }

  /** True once the room has told it: then it is the tree's. */
  isTold(sending: Sending): boolean {
    const id = this.#claims.get(sending)
    return id !== undefined && this.#sources.tree.get(id) !== undefined
  }

  settled(sending: Sending): void {
    this.#claims.delete(sending)
    this.#isStale = true
  }

  messages(): ReadonlyArray<ChatMessage> {
    if (this.#isStale) this.#messages = this.#compose()
    else if (this.#staleAnswers.size > 0) this.#messages = this.#patched()
    this.#isStale = false
    this.#staleAnswers.clear()
    return this.#messages
  }

  #claim(sending: Sending, id: string): void {
    this.#claims.set(sending, id)
    this.#keys.set(id, sending.key)
    this.#shown.delete(id)
    this.#isStale = true
  }

  #forgetKey(id: string): void {
    this.#keys.delete(id)
    this.#shown.delete(id)
  }

  #compose(): ReadonlyArray<ChatMessage> {
    const shown = new Map<string, Shown>()
    this.#places = new Map()
    let list: Array<ChatMessage> = []
    for (const message of this.#sources.tree.path()) {
      const entry = this.#entry(message)
      shown.set(message.id, entry)
      this.#places.set(message.id, list.length)
      list.push(entry.view)
    }
    this.#shown = shown
    for (const sending of this.#sources.sendings()) {
      if (this.isTold(sending)) continue
      const at = this.#placeOf(sending)
      if (at !== undefined) list = list.slice(0, at)
      list.push(pendingMessage(sending, last(list)?.id ?? null))
    }
    return list
  }

  /** Where it takes the place of what is shown; undefined: at the end. */
  #placeOf({ item: { command } }: Sending): number | undefined {
    if (command.type !== "send") return this.#places.get(command.messageId)
    if (command.parentId === undefined) return undefined
    if (command.parentId === null) return 0
    const parent = this.#places.get(command.parentId)
    return parent === undefined ? undefined : parent + 1
  }

  #patched(): ReadonlyArray<ChatMessage> {
    const list = this.#messages.slice()
    for (const id of this.#staleAnswers) {
      const place = this.#places.get(id)
      const message = this.#sources.tree.get(id)
      if (place === undefined || message === undefined || list[place]?.id !== id) continue
      const entry = this.#entry(message)
      this.#shown.set(id, entry)
      list[place] = entry.view
    }
    return list
  }

  #entry(message: Message): Shown {
    const before = this.#shown.get(message.id)
    const run = message.runId === null ? null : this.#sources.run(message.runId)
    const siblings = this.#sources.tree.siblings(message.parentId)
    if (before !== undefined && before.message === message && before.run === run && before.view.siblings === siblings)
      return before
    return { view: storedMessage(message, this.#keys.get(message.id) ?? message.id, run, siblings), message, run }
  }
}
