/** A value that can be watched: the shape of the client library's stores, for what is the page's own. */
export class Value<S> {
  #present: S
  readonly #listeners = new Set<() => void>()

  constructor(first: S) {
    this.#present = first
  }

  readonly getSnapshot = (): S => this.#present

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  set(next: S): void {
    if (Object.is(next, this.#present)) return
    this.#present = next
    for (const listener of this.#listeners) listener()
  }

  update(change: (before: S) => S): void {
    this.set(change(this.#present))
  }
}
