/** A browser's database as several pages of it share it: transactions come one after the other, in the order in which they were asked for. */
import { setImmediate as task } from "node:timers/promises"

class Asked extends EventTarget {
  result: unknown
  succeed(result: unknown): void {
    this.result = result
    this.dispatchEvent(new Event("success"))
  }
}

class Transaction extends EventTarget {
  readonly #items: Map<string, unknown>
  readonly #asked: Array<() => void> = []

  constructor(items: Map<string, unknown>) {
    super()
    this.#items = items
  }

  objectStore() {
    const ask = (answer: () => unknown) => {
      const request = new Asked()
      this.#asked.push(() => request.succeed(answer()))
      return request
    }
    return {
      getAll: () => ask(() => [...this.#items.values()]),
      put: (item: { readonly clientMessageId: string }) => ask(() => void this.#items.set(item.clientMessageId, item)),
      delete: (id: string) => ask(() => void this.#items.delete(id))
    }
  }

  /** To its end: as long as something is asked of it within the task that made it, or that an answer came with. */
  async run(): Promise<void> {
    await task()
    for (let next = this.#asked.shift(); next !== undefined; next = this.#asked.shift()) {
      next()
      await task()
    }
    this.dispatchEvent(new Event("complete"))
  }
}

export class SharedDatabase {
  readonly items = new Map<string, unknown>()
  #last = Promise.resolve()
  #opens = Promise.resolve()

  /** For a page's `indexedDB`. */
  open(): Asked {
    const request = new Asked()
    void this.#opens.then(() => request.succeed(this.#page()))
    return request
  }

  /** Until the function that this gives back is called it opens for nobody. */
  holdOpening(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#opens = promise
    return resolve
  }

  /** The same for its transactions. */
  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#last = this.#last.then(() => promise)
    return resolve
  }

  #page() {
    return Object.assign(new EventTarget(), {
      transaction: () => {
        const transaction = new Transaction(this.items)
        this.#last = this.#last.then(() => transaction.run())
        return transaction
      }
    })
  }
}
