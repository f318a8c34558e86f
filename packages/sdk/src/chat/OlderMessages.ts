/** Brings what lies before the messages that the room told: over HTTP, page by page toward the beginning. */
import type { HttpApi } from "../http/HttpApi.ts"
import type { MessageTree } from "./MessageTree.ts"

/** The most that the API gives at once. */
const pageItems = 200

export class OlderMessages {
  readonly #id: string
  readonly #api: HttpApi
  readonly #tree: MessageTree
  /** Of the next page; null after the last. */
  #cursor: string | null | undefined
  #loading: Promise<void> | undefined

  constructor(id: string, api: HttpApi, tree: MessageTree) {
    this.#id = id
    this.#api = api
    this.#tree = tree
  }

  get isThere(): boolean {
    return this.#cursor !== null && (this.#tree.path()[0]?.parentId ?? null) !== null
  }

  /** Whoever asks while a page is on its way waits for that one. */
  load(signal: AbortSignal | undefined): Promise<void> {
    return (this.#loading ??= this.#load(signal).finally(() => {
      this.#loading = undefined
    }))
  }

  /** Until there is more to show: a page may be all of other branches. */
  async #load(signal: AbortSignal | undefined): Promise<void> {
    const first = this.#tree.path()[0]
    while (first !== undefined && this.isThere && this.#tree.path()[0] === first) {
      const from = typeof this.#cursor === "string" ? { cursor: this.#cursor } : { before: first.id }
      const page = await this.#api.conversations.messages({ id: this.#id, limit: pageItems, ...from }, { signal })
      this.#cursor = page.nextCursor
      // What the room told is newer than what a page says.
      for (const message of page.items) if (this.#tree.get(message.id) === undefined) this.#tree.put(message)
    }
  }
}
