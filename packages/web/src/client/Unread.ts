/** Conversations in which something was said while another one was looked at, as this browser knows them: in all its tabs, and over reloads. */
import { keeps, stopKeeping } from "./keeping.ts"
import { keptList } from "./kept.ts"
import type { ListState } from "./ListState.ts"
import type { ListedConversation } from "./sdk.ts"
import { Value } from "./Value.ts"

const key = "parley.unread"
/** Conversations that are remembered as unread; the one that became so first is forgotten first. */
const maxUnread = 200
const seenKey = "parley.unread.seen"
/** Conversations of which it is remembered up to when they were seen; the one that was looked at least lately is forgotten first. */
const maxSeen = 200

/** What is known of a conversation. Its times are Unix milliseconds. */
interface Known {
  /** As the list says it; that may go back, as what was told of at once is later than what is stored. */
  readonly listedAtMs: number
  readonly newestAtMs: number
  readonly settings: string
}

export class Unread {
  readonly ids = new Value<ReadonlySet<string>>(new Set())
  readonly #lists: Value<ListState>
  #openId: string | undefined
  /** As the list was before; nothing as long as that is being read. */
  #known: ReadonlyMap<string, Known> | undefined
  /** When what was seen was written, in Unix milliseconds. At once on this device: the list is kept when it is quiet, which a page may not see. */
  #seenAtMs: ReadonlyMap<string, number> = new Map()
  /** Of the list as it was first, its newest time: what was not on it and is newer was written to since. Nothing is, where nothing was known. */
  #listedUpToMs = Infinity

  constructor(lists: Value<ListState>) {
    this.#lists = lists
  }

  /** Gives back the function that ends it. */
  follow(): () => void {
    this.ids.set(readIds())
    this.#seenAtMs = readSeen()
    const abort = new AbortController()
    const { signal } = abort
    // What was said while the app was closed is seen by how the list was then.
    const began = (items: ReadonlyArray<ListedConversation> = []) => {
      if (signal.aborted) return
      this.#known = new Map(items.map((item) => [item.id, knownOf(item)]))
      this.#listedUpToMs = newestOf(items)
      this.#compare()
    }
    void keptList()
      .catch(() => undefined)
      .then((kept) => began(kept?.items))
    const stop = this.#lists.subscribe(() => this.#compare())
    const other = ({ key: changed }: StorageEvent) => {
      if (changed !== key) return
      this.ids.set(readIds())
      this.#see()
    }
    addEventListener("storage", other, { signal })
    document.addEventListener("visibilitychange", () => this.#see(), { signal })
    return () => {
      stop()
      abort.abort()
      this.#known = undefined
    }
  }

  /** This one is looked at now. */
  open(id: string | undefined): void {
    this.#openId = id
    this.#see()
  }

  #compare(): void {
    this.#noteSeen()
    const { items, status } = this.#lists.getSnapshot()
    if (this.#known === undefined || status !== "ready") return
    const before = this.#known
    this.#known = new Map(items.map((item) => [item.id, knownOf(item, before.get(item.id))]))
    const written = items.filter((item) => {
      const known = before.get(item.id)
      const isWritten = known === undefined ? cameUp(item, this.#listedUpToMs) : wasWrittenTo(known, item)
      return isWritten && !this.#isSeen(item.id) && item.updatedAtMs > (this.#seenAtMs.get(item.id) ?? 0)
    })
    if (this.#listedUpToMs === Infinity) this.#listedUpToMs = newestOf(items)
    if (written.length > 0) this.#put([...this.ids.getSnapshot(), ...written.map(({ id }) => id)])
  }

  #isSeen(id: string): boolean {
    return id === this.#openId && document.visibilityState === "visible"
  }

  /** Of what is looked at, how new it is. */
  #noteSeen(): void {
    const { items } = this.#lists.getSnapshot()
    const item = items.find(({ id }) => this.#isSeen(id))
    if (item === undefined || item.updatedAtMs <= (this.#seenAtMs.get(item.id) ?? 0)) return
    // What another tab saw meanwhile stays.
    const seen = new Map([...this.#seenAtMs, ...readSeen()])
    seen.delete(item.id)
    const kept = [...seen, [item.id, item.updatedAtMs] as const].slice(-maxSeen)
    this.#seenAtMs = new Map(kept)
    write(seenKey, Object.fromEntries(kept))
  }

  #see(): void {
    this.#noteSeen()
    const ids = [...this.ids.getSnapshot()]
    const left = ids.filter((id) => !this.#isSeen(id))
    if (left.length < ids.length) this.#put(left)
  }

  #put(ids: ReadonlyArray<string>): void {
    const kept = [...new Set(ids)].slice(-maxUnread)
    this.ids.set(new Set(kept))
    write(key, kept)
  }
}

const write = (name: string, value: unknown): void => {
  if (!keeps()) return
  try {
    localStorage.setItem(name, JSON.stringify(value))
  } catch {
    // Storage is refused or full: the marks live as long as the page.
  }
}

/** Nothing of whoever was here stays on this device; the page goes, too. */
export const removeUnread = (): void => {
  stopKeeping()
  try {
    localStorage.removeItem(key)
    localStorage.removeItem(seenKey)
  } catch {
    // Storage is refused: there is nothing.
  }
}

const knownOf = (item: ListedConversation, before?: Known): Known => {
  const { updatedAtMs } = item
  // What was changed here counts once the server has said when.
  if (before?.listedAtMs === updatedAtMs) return before
  return { listedAtMs: updatedAtMs, newestAtMs: Math.max(before?.newestAtMs ?? 0, updatedAtMs), settings: settingsOf(item) }
}

/** Renamed, or with another model, it is newer too, and nothing was said. */
const wasWrittenTo = (before: Known, now: ListedConversation): boolean =>
  now.updatedAtMs > before.newestAtMs && settingsOf(now) === before.settings

/** From beyond the part of the list that was read. What was only renamed elsewhere is marked too: its name of before is not known. */
const cameUp = ({ createdAtMs, isArchived, updatedAtMs }: ListedConversation, listedUpToMs: number): boolean =>
  !isArchived && createdAtMs <= listedUpToMs && updatedAtMs > listedUpToMs

const newestOf = (items: ReadonlyArray<ListedConversation>): number =>
  items.length === 0 ? Infinity : Math.max(...items.map(({ updatedAtMs }) => updatedAtMs))

/** All whose change makes it newer: who joins or leaves does not. */
const settingsOf = ({ model, parameters, systemPrompt, title }: ListedConversation): string =>
  JSON.stringify([title, model, systemPrompt, parameters])

const readIds = (): ReadonlySet<string> => {
  try {
    const ids: unknown = JSON.parse(localStorage.getItem(key) ?? "[]")
    return new Set(Array.isArray(ids) ? ids.filter((id) => typeof id === "string") : [])
  } catch {
    return new Set()
  }
}

const readSeen = (): ReadonlyMap<string, number> => {
  try {
    const seen: unknown = JSON.parse(localStorage.getItem(seenKey) ?? "{}")
    return new Map(Object.entries(Object(seen)).flatMap(([id, atMs]) => (typeof atMs === "number" ? [[id, atMs] as const] : [])))
  } catch {
    return new Map()
  }
}
