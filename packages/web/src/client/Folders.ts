/** The person's folders: made, renamed and removed on the server, and then in the list. */
import type { ListState } from "./ListState.ts"
import type { Folder, Parley } from "./sdk.ts"
import type { Value } from "./Value.ts"

export class Folders {
  readonly #parley: Parley
  readonly #state: Value<ListState>

  constructor(parley: Parley, state: Value<ListState>) {
    this.#parley = parley
    this.#state = state
  }

  async create(name: string): Promise<Folder> {
    const folder = await this.#parley.api.list.createFolder({ name })
    this.#set([...this.#state.getSnapshot().folders, folder])
    return folder
  }

  async rename(id: Folder["id"], name: string): Promise<void> {
    const folder = await this.#parley.api.list.renameFolder({ id, name })
    this.#set(this.#state.getSnapshot().folders.map((other) => (other.id === id ? folder : other)))
  }

  async remove(id: Folder["id"]): Promise<void> {
    await this.#parley.api.list.removeFolder({ id })
    this.#state.update((before) => ({
      ...before,
      folders: before.folders.filter((folder) => folder.id !== id),
      items: before.items.map((item) => (item.folderId === id ? { ...item, folderId: null } : item))
    }))
  }

  /** As the server has them: what was in one that is gone is in none. */
  async read(): Promise<void> {
    const folders = await this.#parley.api.list.folders()
    const known = new Set<string>(folders.map(({ id }) => id))
    this.#state.update((before) => ({
      ...before,
      folders,
      items: before.items.map((item) => (item.folderId === null || known.has(item.folderId) ? item : { ...item, folderId: null }))
    }))
  }

  #set(folders: ReadonlyArray<Folder>): void {
    this.#state.update((before) => ({ ...before, folders: [...folders].sort((a, b) => a.name.localeCompare(b.name)) }))
  }
}
