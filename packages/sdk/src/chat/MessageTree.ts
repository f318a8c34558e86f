/** The messages of a conversation: a tree by `parentId`, of which one branch is shown. What lies above the oldest message that is held is unknown. */
import type { MessageId } from "@parley/domain/Ids"
import type { Message } from "@parley/domain/Message"
import { last } from "../last.ts"

const none: ReadonlyArray<MessageId> = []

export class MessageTree {
  readonly #messages = new Map<string, Message>()
  /** Oldest first; replaced, never changed in place. */
  readonly #children = new Map<string | null, ReadonlyArray<MessageId>>()
  /** The version that was chosen last of those that follow one message. */
  readonly #chosen = new Map<string | null, MessageId>()
  /** A message of the branch that is shown; the branch goes on from it to its newest leaf. */
  #tip: string | null = null
  #newest: Message | null = null
  #path: ReadonlyArray<Message> | undefined

  get(id: string): Message | undefined {
    return this.#messages.get(id)
  }

  /** Keeps it, or its newer state. */
  put(message: Message): void {
    const { id, parentId } = message
    if (!this.#messages.has(id)) this.#children.set(parentId, this.#inserted(this.siblings(parentId), message))
    this.#messages.set(id, message)
    if (this.#newest === null || isOlder(this.#newest, message) || this.#newest.id === id) this.#newest = message
    this.#tip ??= id
    this.#path = undefined
  }

  /** A message that came just now: what continues or replaces a part of the branch that is shown is shown. */
  add(message: Message): void {
    const isOnPath = this.path().some(({ id, parentId }) => id === message.parentId || parentId === message.parentId)
    this.put(message)
    if (isOnPath) this.select(message.id)
  }

  /** Shows the branch through this message; nothing when it is not held. */
  select(id: string): void {
    let message = this.#messages.get(id)
    if (message === undefined) return
    this.#tip = id
    for (; message !== undefined; message = this.#parent(message)) this.#chosen.set(message.parentId, message.id)
    this.#path = undefined
  }

  /** The newest branch. */
  selectNewest(): void {
    if (this.#newest !== null) this.select(this.#newest.id)
  }

  /** The versions that follow one message, oldest first; the same array until there is another. */
  siblings(parentId: string | null): ReadonlyArray<MessageId> {
    return this.#children.get(parentId) ?? none
  }

  /** The branch that is shown, oldest first; the same array until it changes. */
  path(): ReadonlyArray<Message> {
    return (this.#path ??= this.#walk())
  }

  /** True when a message sent without a parent would follow what is shown. */
  get showsNewest(): boolean {
    return this.#newest === null || last(this.path())?.id === this.#newest.id
  }

  /** True unless the newest message and what is shown have no beginning in common: then others, not held, are in between. */
  get isJoined(): boolean {
    let top = this.#newest ?? undefined
    for (let parent = top; parent !== undefined; parent = this.#parent(parent)) top = parent
    return top === this.path()[0]
  }

  #walk(): ReadonlyArray<Message> {
    const tip = this.#tip === null ? undefined : this.#messages.get(this.#tip)
    if (tip === undefined) return []
    const path: Array<Message> = []
    for (let at: Message | undefined = tip; at !== undefined; at = this.#parent(at)) path.push(at)
    path.reverse()
    for (let at: Message | undefined = this.#child(tip.id); at !== undefined; at = this.#child(at.id)) path.push(at)
    return path
  }

  #parent({ parentId }: Message): Message | undefined {
    return parentId === null ? undefined : this.#messages.get(parentId)
  }

  #child(parentId: string): Message | undefined {
    const id = this.#chosen.get(parentId) ?? last(this.siblings(parentId))
    return id === undefined ? undefined : this.#messages.get(id)
  }

  #inserted(siblings: ReadonlyArray<MessageId>, message: Message): ReadonlyArray<MessageId> {
    const isAfter = (id: MessageId): boolean => {
      const sibling = this.#messages.get(id)
      return sibling !== undefined && isOlder(message, sibling)
    }
    return [...siblings.filter((id) => !isAfter(id)), message.id, ...siblings.filter(isAfter)]
  }
}

/** Identifiers sort by the time of creation within one millisecond. */
const isOlder = (a: Message, b: Message): boolean =>
  a.createdAtMs === b.createdAtMs ? a.id < b.id : a.createdAtMs < b.createdAtMs
