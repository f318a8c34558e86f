/** Conversations in which something was said while another one was looked at, as this browser knows them: in all its tabs, and over reloads. */
import { keptList } from "./kept.ts"
import type { ListState } from "./ListState.ts"
import type { ListedConversation } from "./sdk.ts"
import { Value } from "./Value.ts"

const key = "parley.unread"
/** Conversations that are remembered as unread; the one that became so first is forgotten first. */
const maxUnread = 200

type Known = ReadonlyMap<string, ListedConversation>

export class Unread {
  readonly ids = new Value<ReadonlySet<string>>(new Set())
  readonly #lists: Value<ListState>
  #openId: string | undefined
  /** As the list was before; nothing as long as that is being read. */
  #known: Known | undefined

  constructor(lists: Value<ListState>) {
    this.#lists = lists
  }

  /** Gives back the function that ends it. */
  follow(): () => void {
    this.ids.set(readIds())
    const abort = new AbortController()
    const { signal } = abort
    // What was said while the app was closed is seen by how the list was then.
    const began = (items: ReadonlyArray<ListedConversation> = []) => {
      if (signal.aborted) return
      this.#known = new Map(items.map((item) => [item.id, item]))
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
    const { items, status } = this.#lists.getSnapshot()
    if (this.#known === undefined || status !== "ready") return
    const before = this.#known
    this.#known = new Map(
      items.map((item) => {
        const known = before.get(item.id)
        // What was changed here counts once the server has said when.
        return [item.id, known?.updatedAtMs === item.updatedAtMs ? known : item]
      })
    )
    const written = items.filter((item) => wasWrittenTo(before.get(item.id), item) && !this.#isSeen(item.id))
    if (written.length > 0) this.#put([...this.ids.getSnapshot(), ...written.map(({ id }) => id)])
  }

  #isSeen(id: string): boolean {
    return id === this.#openId && document.visibilityState === "visible"
  }

  #see(): void {
    const ids = [...this.ids.getSnapshot()]
    const left = ids.filter((id) => !this.#isSeen(id))
    if (left.length < ids.length) this.#put(left)
  }

  #put(ids: ReadonlyArray<string>): void {
    const kept = [...new Set(ids)].slice(-maxUnread)
    this.ids.set(new Set(kept))
    try {
      localStorage.setItem(key, JSON.stringify(kept))
    } catch {
      // Storage is refused or full: the marks live as long as the page.
    }
  }
}

/** Nothing of whoever was here stays on this device. */
export const removeUnread = (): void => {
  try {
    localStorage.removeItem(key)
  } catch {
    // Storage is refused: there is nothing.
  }
}

/** Renamed, or with another model or other people, it is newer too, and nothing was said. */
const wasWrittenTo = (before: ListedConversation | undefined, now: ListedConversation): boolean =>
  before !== undefined && now.updatedAtMs > before.updatedAtMs && settingsOf(now) === settingsOf(before)

const settingsOf = ({ memberCount, model, parameters, systemPrompt, title }: ListedConversation): string =>
  JSON.stringify([title, model, systemPrompt, parameters, memberCount])

const readIds = (): ReadonlySet<string> => {
  try {
    const ids: unknown = JSON.parse(localStorage.getItem(key) ?? "[]")
    return new Set(Array.isArray(ids) ? ids.filter((id) => typeof id === "string") : [])
  } catch {
    return new Set()
  }
}
