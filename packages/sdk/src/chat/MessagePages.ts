/**
 * Brings messages that the room did not tell, over HTTP: page by page toward the beginning, or those around one that is somewhere in
 * between. What is held may then lie apart; the parts join by themselves once the messages between them are here.
 */
import type { HttpApi } from "../http/HttpApi.ts"
import type { MessageTree } from "./MessageTree.ts"

/** The most that the API gives at once. */
const pageItems = 200
/** On each side of one that was looked for. */
const aroundItems = 40

type PageOfMessages = Omit<Parameters<HttpApi["conversations"]["messages"]>[0], "id">

export class MessagePages {
  readonly #id: string
  readonly #api: HttpApi
  readonly #tree: MessageTree
  /** The message before which there is nothing more, though it names a parent. */
  #beginning: string | undefined
  /** Of the page that follows the part that is shown; null when that is the newest. */
  #next: string | null = null
  #loading: Promise<void> | undefined

  constructor(id: string, api: HttpApi, tree: MessageTree) {
    this.#id = id
    this.#api = api
    this.#tree = tree
  }

  get hasOlder(): boolean {
    const first = this.#tree.path()[0]
    return first !== undefined && first.parentId !== null && first.id !== this.#beginning
  }

  /** The part that is shown was brought by `around`, and what follows it was not read to its end. */
  get isApart(): boolean {
    return this.#next !== null
  }

  get hasNewer(): boolean {
    return this.isApart && !this.#tree.showsNewest
  }

  older(signal: AbortSignal | undefined): Promise<void> {
    return this.#once(() => this.#older(signal))
  }

  newer(signal: AbortSignal | undefined): Promise<void> {
    return this.#once(async () => {
      if (this.#next !== null) this.#next = await this.#read({ cursor: this.#next, limit: pageItems }, signal)
    })
  }

  /** Not there afterwards: it is not of this conversation. */
  async around(messageId: string, signal: AbortSignal | undefined): Promise<void> {
    const limit = aroundItems
    const [next] = await Promise.all([
      this.#read({ from: messageId, limit }, signal),
      this.#read({ before: messageId, limit }, signal)
    ])
    this.#next = next
  }

  /** The newest part is shown from now on. */
  leave(): void {
    this.#next = null
  }

  /** Whoever asks while a page is on its way waits for that one. */
  #once(load: () => Promise<void>): Promise<void> {
    return (this.#loading ??= load().finally(() => {
      this.#loading = undefined
    }))
  }

  /** Until there is more to show: a page may be all of other branches. */
  async #older(signal: AbortSignal | undefined): Promise<void> {
    const first = this.#tree.path()[0]
    if (first === undefined || !this.hasOlder) return
    let from: PageOfMessages = { before: first.id }
    while (this.#tree.path()[0] === first) {
      const cursor = await this.#read({ ...from, limit: pageItems }, signal)
      if (cursor === null) {
        if (this.#tree.path()[0] === first) this.#beginning = first.id
        return
      }
      from = { cursor }
    }
  }

  /** The next page's cursor; null after the last. */
  async #read(page: PageOfMessages, signal: AbortSignal | undefined): Promise<string | null> {
    const { items, nextCursor } = await this.#api.conversations.messages({ id: this.#id, ...page }, { signal })
    // What the room told is newer than what a page says.
    for (const message of items) if (this.#tree.get(message.id) === undefined) this.#tree.put(message)
    return nextCursor
  }
}
