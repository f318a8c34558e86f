/**
 * Deletions that can still be taken back. Each is written down on this device before anything else happens, so that whatever becomes of the
 * page it was made in, it is carried out: by that page when nobody can take it back any more, else by whichever page of the app is there
 * next.
 */

/** `later`: the server was not reached, or could not do it now. */
export type RemovalOutcome = "removed" | "refused" | "later"

export interface DeletionsOptions {
  /** Whose they are: nobody else's page carries them out. */
  readonly principalId: string
  readonly remove: (conversationId: string) => Promise<RemovalOutcome>
  /** These are deleted, here or in another page. */
  readonly begun: (conversationIds: ReadonlyArray<string>) => void
  /** This one is deleted no more: it was taken back, or the server refused. */
  readonly kept: (conversationId: string) => void
  /** Another page no longer holds it: taken back or carried out. */
  readonly released: (conversationId: string) => void
}

/** What whoever deleted something can still say about it; both do nothing once it is carried out or taken back. */
export interface Deletion {
  readonly undo: () => void
  readonly carryOut: () => void
}

/** `held`: it can be taken back; `waiting`: for the next try. */
type Standing = "held" | "removing" | "waiting"

/**
 * Where there are no locks (an address without HTTPS), what another page wrote down is carried out so long after it is found: longer than it can
 * be taken back there.
 */
const withoutLocksAfterMs = 120_000

/** This page, as no other was ever called. */
const pageId = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`
const lockOf = (page: string): string => `parley.page.${page}`

export class Deletions {
  readonly #options: DeletionsOptions
  readonly #prefix: string
  /** Those of this page. */
  readonly #standings = new Map<string, Standing>()
  /** Those of other pages, taken over as soon as their page is gone. */
  readonly #awaited = new Set<string>()

  constructor(options: DeletionsOptions) {
    this.#options = options
    this.#prefix = `parley.deleting.${options.principalId}.`
  }

  /** Takes up what other pages wrote down, and hears what they write; gives back the function that ends it. */
  follow(): () => void {
    void livePage()
    const written = ({ key, newValue }: StorageEvent): void => {
      if (key === null || !key.startsWith(this.#prefix)) return
      const id = key.slice(this.#prefix.length)
      if (newValue !== null) this.#found([id])
      else if (!this.#standings.has(id)) this.#options.released(id)
    }
    addEventListener("storage", written)
    this.#found(this.#written())
    return () => removeEventListener("storage", written)
  }

  begin(id: string): Deletion {
    this.#standings.set(id, "held")
    this.#write(id)
    this.#options.begun([id])
    return {
      undo: () => {
        if (this.#standings.get(id) === "held") this.#over(id, "refused")
      },
      carryOut: () => {
        if (this.#standings.get(id) === "held") void this.#carryOut(id)
      }
    }
  }

  /** All that is this page's, now: before the page goes, and when the server may be there again. */
  async settle(which: "all" | "waiting"): Promise<void> {
    const ids = [...this.#standings].filter(([, standing]) => standing === "waiting" || (which === "all" && standing === "held"))
    await Promise.all(ids.map(([id]) => this.#carryOut(id)))
  }

  async #carryOut(id: string): Promise<void> {
    this.#standings.set(id, "removing")
    const outcome = await this.#options.remove(id)
    if (outcome === "later") this.#standings.set(id, "waiting")
    else this.#over(id, outcome)
  }

  #over(id: string, outcome: "removed" | "refused"): void {
    this.#standings.delete(id)
    this.#forget(id)
    if (outcome === "refused") this.#options.kept(id)
  }

  #found(ids: ReadonlyArray<string>): void {
    const others = ids.filter((id) => !this.#standings.has(id))
    if (others.length > 0) this.#options.begun(others)
    for (const id of others) void this.#takeOver(id)
  }

  /** Once the page that wrote it down is gone, if it is written down then. */
  async #takeOver(id: string): Promise<void> {
    const owner = this.#ownerOf(id)
    if (owner === undefined || this.#awaited.has(id)) return
    this.#awaited.add(id)
    const take = (): void => {
      this.#awaited.delete(id)
      const present = this.#ownerOf(id)
      if (present === undefined) return
      if (present !== owner) return void this.#takeOver(id)
      this.#standings.set(id, "waiting")
      this.#write(id)
    }
    if (navigator.locks === undefined) setTimeout(() => void (take(), this.settle("waiting")), withoutLocksAfterMs)
    else await navigator.locks.request(lockOf(owner), take).then(() => this.settle("waiting"))
  }

  #written(): ReadonlyArray<string> {
    try {
      return Object.keys(localStorage).flatMap((key) => (key.startsWith(this.#prefix) ? [key.slice(this.#prefix.length)] : []))
    } catch {
      return []
    }
  }

  #ownerOf(id: string): string | undefined {
    try {
      return localStorage.getItem(this.#prefix + id) ?? undefined
    } catch {
      return undefined
    }
  }

  #write(id: string): void {
    try {
      localStorage.setItem(this.#prefix + id, pageId)
    } catch {
      // Storage is refused: it is carried out if this page lives as long as it can be taken back.
    }
  }

  #forget(id: string): void {
    try {
      localStorage.removeItem(this.#prefix + id)
    } catch {
      // Storage is refused: nothing was written.
    }
  }
}

let living: Promise<unknown> | undefined

/** Holds this page's lock for as long as it lives: by it the others know that what it wrote down is its own. */
const livePage = (): Promise<unknown> => (living ??= navigator.locks?.request(lockOf(pageId), () => new Promise(() => {})))
