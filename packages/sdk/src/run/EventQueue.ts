/** What one reader of a run has not read yet. Bounded: a reader that is too slow gets one snapshot for all of it. */
import type { RunState } from "@parley/domain/RunFrame"
import type { RunUpdate } from "./RunSnapshot.ts"

export class EventQueue implements AsyncIterableIterator<RunUpdate> {
  readonly #capacity: number
  readonly #release: () => void
  #waiting: Array<RunUpdate> = []
  #isEnded = false
  #error: { readonly reason: unknown } | undefined
  #wake: (() => void) | undefined

  constructor(capacity: number, release: () => void) {
    this.#capacity = capacity
    this.#release = release
  }

  push(update: RunUpdate, state: RunState): void {
    if (this.#isEnded) return
    if (this.#waiting.length >= this.#capacity) this.#waiting = [{ type: "snapshot", state }]
    else this.#waiting.push(update)
    this.#wake?.()
  }

  /** After what is still unread. */
  end(): void {
    this.#isEnded = true
    this.#wake?.()
  }

  fail(reason: unknown): void {
    this.#error ??= { reason }
    this.end()
  }

  async next(): Promise<IteratorResult<RunUpdate, undefined>> {
    for (;;) {
      const update = this.#waiting.shift()
      if (update !== undefined) return { done: false, value: update }
      if (this.#isEnded) {
        this.#release()
        if (this.#error !== undefined) throw this.#error.reason
        return { done: true, value: undefined }
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  async return(): Promise<IteratorResult<RunUpdate, undefined>> {
    this.#waiting = []
    this.end()
    this.#release()
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /** Phones that are a few years old have no such symbol: what React Native's compiler makes of a `for await` looks for this name there. */
  "@@asyncIterator"(): this {
    return this
  }
}
