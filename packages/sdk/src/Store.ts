/** A value that changes and can be watched: the shape that React's `useSyncExternalStore` and everybody else can use. */
export interface Store<S> {
  /** The same object until something changed. Unbound: may be passed on as it is. */
  readonly getSnapshot: () => S
  /** Calls back after each change, with nothing; batching is the listener's. Gives back the function that stops it. */
  readonly subscribe: (listener: () => void) => () => void
}

/** Listeners that cannot hurt each other, nor whoever calls them. */
export class Listeners {
  readonly #listeners = new Set<() => void>()
  readonly #onError: (error: unknown) => void

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError
  }

  readonly add = (listener: () => void): (() => void) => {
    // Of its own, so that one function may be added twice.
    const entry = () => listener()
    this.#listeners.add(entry)
    return () => void this.#listeners.delete(entry)
  }

  get size(): number {
    return this.#listeners.size
  }

  notify(): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener()
      } catch (error) {
        this.#onError(error)
      }
    }
  }
}
