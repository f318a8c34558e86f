/** What is on its way, by conversation: in the order in which it goes out. */
import type { Beginning, OutboxItem } from "./OutboxStorage.ts"
import type { Sending } from "./Sending.ts"

export class Lanes {
  readonly #lanes = new Map<string, Array<Sending>>()

  get conversations(): ReadonlyArray<string> {
    return [...this.#lanes.keys()]
  }

  get all(): ReadonlyArray<Sending> {
    return [...this.#lanes.values()].flat()
  }

  /** Accepted ones too, until the room has told them. */
  of(conversationId: string): ReadonlyArray<Sending> {
    return this.#lanes.get(conversationId) ?? []
  }

  has(sending: Sending): boolean {
    return this.of(sending.item.conversationId).includes(sending)
  }

  add(sending: Sending): void {
    this.#lane(sending.item.conversationId).push(sending)
  }

  /** Of an earlier page: before what was written since this one began. False when it is there already. */
  insert(sending: Sending): boolean {
    const { conversationId, createdAtMs } = sending.item
    if (this.of(conversationId).some(({ key }) => key === sending.key)) return false
    const lane = this.#lane(conversationId)
    const at = lane.findIndex(({ item }) => item.createdAtMs > createdAtMs)
    lane.splice(at === -1 ? lane.length : at, 0, sending)
    return true
  }

  remove(sending: Sending): void {
    const { conversationId } = sending.item
    const rest = this.of(conversationId).filter((one) => one !== sending)
    if (rest.length === 0) this.#lanes.delete(conversationId)
    else this.#lanes.set(conversationId, rest)
  }

  /** What the conversation is to be made with, as long as the server is not known to have it. */
  beginning(conversationId: string): Beginning | undefined {
    return this.#first(this.of(conversationId))?.begin
  }

  /** The first message of each conversation that is still to be made. */
  get beginnings(): ReadonlyArray<OutboxItem> {
    return [...this.#lanes.values()].flatMap((lane) => this.#first(lane) ?? [])
  }

  #first(lane: ReadonlyArray<Sending>): OutboxItem | undefined {
    return lane.find(({ item }) => item.begin !== undefined)?.item
  }

  #lane(conversationId: string): Array<Sending> {
    const lane = this.#lanes.get(conversationId) ?? []
    this.#lanes.set(conversationId, lane)
    return lane
  }
}
