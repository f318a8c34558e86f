/** The person's conversations and folders: read page by page, changed at once here and then on the server, put back where that fails. */
import { ParleyApiError, type ListedConversation, type Marks, type Parley } from "./sdk.ts"
import { forgetChosenOf } from "./chosenOnDevice.ts"
import { Deletions, type Deletion, type RemovalOutcome } from "./Deletions.ts"
import { definedMarks } from "./definedMarks.ts"
import { mayBeOnline } from "./isOffline.ts"
import { forgetChat, keepList, keptList } from "./kept.ts"
import { followBegun } from "./begunConversations.ts"
import { Folders } from "./Folders.ts"
import { ListParts, type ListPage, type ListPart, type PartQuery } from "./ListParts.ts"
import type { ListState } from "./ListState.ts"
import { removeConversation } from "./removeConversation.ts"
import { Value } from "./Value.ts"
import { takenBack } from "./takenBack.ts"
import { newestFirst, withFirstPage } from "./withFirstPage.ts"

const pageItems = 100
/** Pages that bring nothing new, and are read in a row for one that does: their conversations were read as pins, or in their folders. */
const maxKnownPages = 10
/** What was told of in so short a time is read together … */
const gatherMs = 30
/** … one by one, or from so many on as the list. */
const maxReadOne = 8
/** A list that was read so long ago is read when somebody looks at it again: what was told may have been lost. */
const oldAfterMs = 300_000
/** A list that has been quiet for so long is kept on this device. */
const keepAfterMs = 300
/** What is changed here is told to the server even if the page goes in the same moment. */
const outlivesPage = { keepalive: true }

export class ConversationLists {
  readonly state = new Value<ListState>({
    status: "loading",
    items: [],
    begun: [],
    folders: [],
    hasMore: false,
    parts: new Map(),
    leaving: new Set()
  })
  readonly folders: Folders
  readonly #parley: Parley
  readonly #principalId: string
  readonly #onError: (error: unknown) => void
  readonly #deletions: Deletions
  /** Told to have changed, and not read again yet. */
  readonly #stale = new Set<string>()
  #gathering: ReturnType<typeof setTimeout> | undefined
  /** Changes of ours under way, by conversation: what the server says meanwhile may be older. */
  readonly #changing = new Map<string, number>()
  /** For each reading of the list that is under way: what became known since it was asked for. */
  readonly #readings = new Set<Set<string>>()
  #readAtMs = 0
  /** Where the list goes on; null at its end, undefined before the server has said anything. */
  #cursor: string | null | undefined
  readonly #parts = new ListParts({
    read: (query, cursor) => this.#readPage({ ...query, ...(cursor === undefined ? {} : { cursor }) }),
    changed: (parts) => this.state.update((before) => ({ ...before, parts })),
    onError: (error) => this.#onQuietError(error)
  })

  constructor(parley: Parley, principalId: string, onError: (error: unknown) => void) {
    this.#parley = parley
    this.folders = new Folders(parley, this.state)
    this.#principalId = principalId
    this.#onError = onError
    this.#deletions = new Deletions({
      principalId,
      remove: (id) => this.#removeNow(id),
      begun: (ids) => this.#leave(ids, true),
      kept: (id) => this.#leave([id], false),
      released: (id) => void this.#released(id)
    })
    let waiting: ReturnType<typeof setTimeout> | undefined
    this.state.subscribe(() => {
      if (this.state.getSnapshot().status !== "ready") return
      clearTimeout(waiting)
      // Without room on the device the next start waits for the network.
      waiting = setTimeout(() => void keepList(this.state.getSnapshot()).catch(() => {}), keepAfterMs)
    })
  }

  /** What changes elsewhere shows here; gives back the function that ends it. */
  follow(): () => void {
    const stopDeletions = this.#deletions.follow()
    const stopBegun = followBegun(this.#parley, this.#principalId, (begun) =>
      this.state.update((before) => ({ ...before, begun }))
    )
    const stopChanges = this.#parley.onListChange((change) => {
      switch (change.type) {
        case "all":
          return void this.refresh()
        case "folders":
          return void this.folders.read().catch(() => {})
        case "changed":
          // Made just now: it stays in sight until it is read.
          this.#merge(this.state.getSnapshot().begun.filter(({ id }) => id === change.conversationId))
          return this.#readSoon(change.conversationId)
        case "moved": {
          const { atMs, conversationId } = change
          const known = this.#find(conversationId)
          if (known === undefined) this.#readSoon(conversationId)
          else if (known.updatedAtMs < atMs) this.#merge([{ ...known, updatedAtMs: atMs }])
        }
      }
    })
    return () => {
      stopDeletions()
      stopBegun()
      stopChanges()
    }
  }

  refreshIfOld(): void {
    if (Date.now() - this.#readAtMs > oldAfterMs) void this.refresh()
  }

  /** The first page anew; what was loaded beyond it stays. */
  async refresh(): Promise<void> {
    this.#readAtMs = Date.now()
    void this.#deletions.settle("waiting")
    const newer = new Set<string>()
    this.#readings.add(newer)
    try {
      const [page, folders] = await Promise.all([
        this.#parley.api.conversations.list({ limit: pageItems }),
        this.#parley.api.list.folders()
      ])
      this.state.update((before) => {
        const { followsOn, items } = withFirstPage(before.items, page, newer)
        if (this.#cursor === undefined || page.nextCursor === null || !followsOn) this.#cursor = page.nextCursor
        return { ...before, status: "ready", items, folders, hasMore: this.#cursor !== null }
      })
      this.#parts.retry()
      if (page.nextCursor !== null) await this.#readPinned()
    } catch (error) {
      if (this.state.getSnapshot().status === "ready") return this.#onQuietError(error)
      const kept = await keptList().catch(() => undefined)
      this.state.update((before) => ({ ...before, ...kept, status: kept === undefined ? "failed" : "ready" }))
    } finally {
      this.#readings.delete(newer)
    }
  }

  async loadMore(): Promise<void> {
    try {
      const known = this.state.getSnapshot().items.length
      for (let pages = 0; pages < maxKnownPages && typeof this.#cursor === "string"; pages++) {
        this.#cursor = (await this.#readPage({ cursor: this.#cursor })).nextCursor
        if (this.state.getSnapshot().items.length > known) break
      }
      this.state.update((before) => ({ ...before, hasMore: this.#cursor !== null }))
    } catch (error) {
      this.#onError(error)
    }
  }

  /** Somebody looks at a folder or the archive: its first page, unless all of it is here. */
  async openPart(part: ListPart): Promise<void> {
    if (part === "archived" || this.#cursor !== null) await this.#parts.open(part)
  }

  morePart(part: ListPart): Promise<unknown> {
    return this.#parts.more(part)
  }

  /** Something is known better: made here, renamed by the server. It may have been written to since that was said: then its time stays. */
  put(known: Partial<ListedConversation> & { readonly id: ListedConversation["id"] }): void {
    const before = this.#find(known.id)
    if (before === undefined) this.#readSoon(known.id)
    else this.#merge([{ ...before, ...known, updatedAtMs: Math.max(before.updatedAtMs, known.updatedAtMs ?? 0) }])
  }

  /** In sight at once; where the server does not take it the old title is there again, and the promise is rejected. */
  rename(id: ListedConversation["id"], title: string): Promise<void> {
    return this.#change(id, { title }, () => this.#parley.api.conversations.update({ id, title }, outlivesPage))
  }

  /** In sight at once too; whether the server took it: what it did not is told. */
  mark(id: ListedConversation["id"], marks: Marks): Promise<boolean> {
    const change = this.#change(id, definedMarks(marks), () => this.#parley.api.list.mark({ id, ...marks }, outlivesPage))
    return change.then(() => true).catch((error) => (this.#onError(error), false))
  }

  /** Gone from sight at once and for good, with what waits to be sent in it; from the server when carried out, at the latest once the page is gone. */
  remove(id: ListedConversation["id"]): Deletion {
    const putBack = this.#parley.withdraw(id)
    const { carryOut, undo } = this.#deletions.begin(id)
    return { carryOut, undo: () => (putBack(), undo()) }
  }

  /** Before the page goes: nothing of it can be taken back any more. */
  settle(): Promise<void> {
    return this.#deletions.settle("all")
  }

  /** Wherever in the list they are; what was pinned when it was last seen and is not among them, was let go or deleted. */
  async #readPinned(): Promise<void> {
    const pinned = await this.#parts.readAll("pinned")
    if (pinned === undefined) return
    const ids = new Set<string>(pinned.map(({ id }) => id))
    const gone = this.state.getSnapshot().items.filter(({ id, isArchived, isPinned }) => isPinned && !isArchived && !ids.has(id))
    await Promise.all(gone.map(({ id }) => this.#readOne(id)))
  }

  /** What became known since it was asked for is newer. */
  async #readPage(query: PartQuery & { readonly cursor?: string }): Promise<ListPage> {
    const newer = new Set<string>()
    this.#readings.add(newer)
    try {
      const page = await this.#parley.api.conversations.list({ limit: pageItems, ...query })
      this.#merge(page.items.filter(({ id }) => !newer.has(id)))
      return page
    } finally {
      this.#readings.delete(newer)
    }
  }

  /** The list is there as it was; without a network nothing else was to be expected. */
  #onQuietError = (error: unknown): void => void (mayBeOnline() && this.#onError(error))

  async #change(id: ListedConversation["id"], change: Partial<ListedConversation>, ask: () => Promise<unknown>): Promise<void> {
    const before = this.#find(id)
    if (before !== undefined) this.#merge([{ ...before, ...change }])
    this.#changing.set(id, (this.#changing.get(id) ?? 0) + 1)
    try {
      await ask()
    } catch (error) {
      this.#merge(takenBack(this.#find(id), before, change))
      this.#stale.add(id)
      throw error
    } finally {
      const others = (this.#changing.get(id) ?? 1) - 1
      if (others === 0) this.#changing.delete(id)
      else this.#changing.set(id, others)
      if (this.#stale.has(id)) this.#readSoon(id)
    }
  }

  #find(id: string): ListedConversation | undefined {
    return this.state.getSnapshot().items.find((item) => item.id === id)
  }

  #readSoon(id: string): void {
    this.#stale.add(id)
    if (this.#gathering === undefined) this.#gathering = setTimeout(() => void this.#readStale(), gatherMs)
  }

  async #readStale(): Promise<void> {
    this.#gathering = undefined
    const ids = [...this.#stale].filter((id) => !this.#changing.has(id))
    for (const id of ids) this.#stale.delete(id)
    if (ids.length > maxReadOne) return this.refresh()
    await Promise.all(ids.map((id) => this.#readOne(id)))
  }

  async #readOne(id: string): Promise<void> {
    try {
      this.#merge([await this.#parley.api.list.listed({ id })])
    } catch (error) {
      // Without an answer it stays as it is, until the connection is back.
      if (!(error instanceof ParleyApiError) || error.status !== 404) return
      this.#drop(id)
    }
  }

  async #removeNow(id: string): Promise<RemovalOutcome> {
    const outcome = await removeConversation(this.#parley, id, this.#onError)
    if (outcome !== "removed") return outcome
    // It stays among those that leave: a list that was asked for before may still hold it.
    this.#drop(id)
    void Promise.all([forgetChat(id), forgetChosenOf(id)]).catch(() => {})
    return outcome
  }

  /** Another page has taken its deletion back, or carried it out: the server knows. */
  async #released(id: string): Promise<void> {
    await this.#readOne(id)
    if (this.#find(id) !== undefined) this.#leave([id], false)
  }

  #leave(ids: ReadonlyArray<string>, isLeaving: boolean): void {
    this.state.update((before) => {
      const others = [...before.leaving].filter((id) => !ids.includes(id))
      return { ...before, leaving: new Set(isLeaving ? [...others, ...ids] : others) }
    })
  }

  #drop(id: string): void {
    this.state.update((before) => ({ ...before, items: before.items.filter((item) => item.id !== id) }))
  }

  #merge(items: ReadonlyArray<ListedConversation>): void {
    for (const newer of this.#readings) for (const { id } of items) newer.add(id)
    this.state.update((before) => {
      const fresh = new Set(items.map(({ id }) => id))
      return { ...before, items: newestFirst([...items, ...before.items.filter(({ id }) => !fresh.has(id))]) }
    })
  }
}
