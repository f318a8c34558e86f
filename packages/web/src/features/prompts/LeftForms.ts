/** What is typed into forms that are neither saved nor given up, by form: one that was closed with its dialog has it again when it is opened. */
export class LeftForms<Typed> {
  readonly #typed = new Map<string, Typed>()
  readonly #maxForms: number

  /** Of more, those go into which nothing was typed for longest. */
  constructor(maxForms: number) {
    this.#maxForms = maxForms
  }

  get(form: string): Typed | undefined {
    return this.#typed.get(form)
  }

  leave(form: string, typed: Typed): void {
    this.#typed.delete(form)
    this.#typed.set(form, typed)
    for (const oldest of this.#typed.keys()) {
      if (this.#typed.size <= this.#maxForms) return
      this.#typed.delete(oldest)
    }
  }

  /** Unless something else was left there since. */
  forget(form: string, typed: Typed): void {
    if (this.#typed.get(form) === typed) this.#typed.delete(form)
  }
}
