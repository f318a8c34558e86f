/** What plain callbacks push, for one stream to pull. It has no bound of its own: its owner watches `length` and holds back who pushes. */
import { Cause, Effect } from "effect"
import type { Pull } from "effect"
import { isReadonlyArrayNonEmpty } from "effect/Array"
import type { NonEmptyReadonlyArray } from "effect/Array"

export class PushBuffer<A, E> {
  #items: Array<A> = []
  /** What the reader gets after the last item. */
  #end: Effect.Effect<never, E | Cause.Done> | undefined
  #wake: (() => void) | undefined
  readonly #onTaken: () => void

  /** `onTaken` is called when the reader has taken everything. */
  constructor(onTaken: () => void) {
    this.#onTaken = onTaken
  }

  get length(): number {
    return this.#items.length
  }

  push(item: A): void {
    if (this.#end !== undefined) return
    this.#items.push(item)
    this.#wake?.()
  }

  end(): void {
    this.#finish(Cause.done())
  }

  failCause(cause: Cause.Cause<E>): void {
    this.#finish(Effect.failCause(cause))
  }

  readonly pull: Pull.Pull<NonEmptyReadonlyArray<A>, E> = Effect.suspend(() => {
    const items = this.#items
    if (isReadonlyArrayNonEmpty(items)) {
      this.#items = []
      this.#onTaken()
      return Effect.succeed(items)
    }
    if (this.#end !== undefined) return this.#end
    return Effect.callback<NonEmptyReadonlyArray<A>, E | Cause.Done>((resume) => {
      this.#wake = () => {
        this.#wake = undefined
        resume(this.pull)
      }
      return Effect.sync(() => {
        this.#wake = undefined
      })
    })
  })

  #finish(end: Effect.Effect<never, E | Cause.Done>): void {
    this.#end ??= end
    this.#wake?.()
  }
}
