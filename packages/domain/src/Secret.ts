/**
 * A key or a session's secret, which shows itself nowhere: not in a log, a span, an error or JSON. As `Redacted`, but it holds its own text: a `Redacted` is
 * an entry of a weak map, and one for every request costs more than to look the key up, and lengthens every collection.
 */
export class Secret {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  /** The only way to it. */
  reveal(): string {
    return this.#text
  }

  toString(): string {
    return "<redacted>"
  }

  toJSON(): string {
    return "<redacted>"
  }
}
