/**
 * Parts of the list that are read for themselves, since their conversations may be on any page of the whole: the pinned ones, a folder, the archive.
 * Each is read page by page; how far, its status says.
 */
import type { ListedConversation } from "./sdk.ts"

/** A folder by its id. */
export type ListPart = "pinned" | "archived" | (string & {})

export type PartStatus = "loading" | "partial" | "whole" | "failed"

/** Which conversations the server is asked for. */
export interface PartQuery {
  readonly folder?: string
  readonly archived?: boolean
  readonly pinned?: boolean
}

export interface ListPage {
  readonly items: ReadonlyArray<ListedConversation>
  readonly nextCursor: string | null
}

interface ListPartsOptions {
  readonly read: (query: PartQuery, cursor: string | undefined) => Promise<ListPage>
  readonly changed: (statuses: ReadonlyMap<ListPart, PartStatus>) => void
  readonly onError: (error: unknown) => void
}

/** Pages of one part that are read in a row. */
const maxPages = 10

export class ListParts {
  readonly #options: ListPartsOptions
  readonly #cursors = new Map<ListPart, string>()
  #statuses: ReadonlyMap<ListPart, PartStatus> = new Map()

  constructor(options: ListPartsOptions) {
    this.#options = options
  }

  /** Its first page, unless that is there. */
  async open(part: ListPart): Promise<void> {
    const status = this.#statuses.get(part)
    if (status === undefined || status === "failed") await this.more(part)
  }

  /** Its next page; undefined where none was to be had. */
  async more(part: ListPart): Promise<ListPage | undefined> {
    const status = this.#statuses.get(part)
    if (status === "loading" || status === "whole") return undefined
    this.#set(part, "loading")
    try {
      const page = await this.#options.read(queryOf(part), this.#cursors.get(part))
      if (page.nextCursor === null) this.#cursors.delete(part)
      else this.#cursors.set(part, page.nextCursor)
      this.#set(part, page.nextCursor === null ? "whole" : "partial")
      return page
    } catch (error) {
      this.#set(part, "failed")
      this.#options.onError(error)
      return undefined
    }
  }

  /** Anew from its beginning to its end; undefined where that could not be had. */
  async readAll(part: ListPart): Promise<ReadonlyArray<ListedConversation> | undefined> {
    if (this.#statuses.get(part) === "loading") return undefined
    this.#cursors.delete(part)
    this.#set(part, "partial")
    const items: Array<ListedConversation> = []
    for (let pages = 0; pages < maxPages; pages++) {
      const page = await this.more(part)
      if (page === undefined) return undefined
      items.push(...page.items)
      if (page.nextCursor === null) return items
    }
    return undefined
  }

  /** The server answers again: what could not be had is asked for once more. */
  retry(): void {
    for (const [part, status] of this.#statuses) if (status === "failed" && part !== "pinned") void this.more(part)
  }

  #set(part: ListPart, status: PartStatus): void {
    this.#statuses = new Map([...this.#statuses, [part, status]])
    this.#options.changed(this.#statuses)
  }
}

const queryOf = (part: ListPart): PartQuery =>
  part === "pinned" ? { pinned: true } : part === "archived" ? { archived: true } : { folder: part }
