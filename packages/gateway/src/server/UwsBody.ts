/** One request's body, as uWebSockets hands it over: buffers that are emptied when the callback returns. Bounded. */

/** `too-large` and `aborted` are final, like `complete`; what was kept is dropped. */
export type UwsBodyState = "receiving" | "complete" | "too-large" | "aborted"

export class UwsBody {
  readonly limitBytes: number
  state: UwsBodyState = "receiving"
  bytesReceived = 0
  #chunks: Array<Uint8Array> = []
  /** The last chunk as long as its callback runs; reading it then saves a copy. */
  #borrowed: ArrayBuffer | undefined
  #whole: Uint8Array | undefined
  #text: string | undefined
  #listeners: Array<(chunk: Uint8Array | undefined) => void> = []

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes
  }

  push(chunk: ArrayBuffer, isLast: boolean): void {
    if (this.state !== "receiving") return
    this.bytesReceived += chunk.byteLength
    if (this.bytesReceived > this.limitBytes) return this.#finish("too-large")
    if (isLast && this.#chunks.length === 0 && this.#listeners.length === 0) {
      this.#borrowed = chunk
      return this.#finish("complete")
    }
    if (chunk.byteLength > 0) {
      const copy = new Uint8Array(chunk.slice(0))
      this.#chunks.push(copy)
      for (const listener of this.#listeners) listener(copy)
    }
    if (isLast) this.#finish("complete")
  }

  /** Before the callback returns, if the request is not answered: what was borrowed and may still be read is copied. */
  settle(): void {
    if (this.#borrowed === undefined) return
    // Who has read the text does not ask for the bytes again; if they do, they get those of the text.
    if (this.#text === undefined) this.#whole ??= new Uint8Array(this.#borrowed.slice(0))
    this.#borrowed = undefined
  }

  abort(): void {
    if (this.state === "receiving") this.#finish("aborted")
  }

  /**
   * Each chunk that is and will be received, then undefined once `state` is final. Returns the way out.
   * Listeners must not throw.
   */
  listen(listener: (chunk: Uint8Array | undefined) => void): () => void {
    if (this.state !== "receiving") {
      if (this.state === "complete" && this.bytesReceived > 0) listener(this.bytes())
      listener(undefined)
      return () => {}
    }
    for (const chunk of this.#chunks) listener(chunk)
    this.#listeners.push(listener)
    return () => {
      this.#listeners = this.#listeners.filter((other) => other !== listener)
    }
  }

  /** Only when complete. The caller may keep it, but not change it. */
  bytes(): Uint8Array {
    if (this.#whole === undefined) {
      if (this.#borrowed !== undefined) this.#whole = new Uint8Array(this.#borrowed.slice(0))
      else if (this.#text !== undefined && this.#chunks.length === 0) this.#whole = Buffer.from(this.#text)
      else this.#whole = Buffer.concat(this.#chunks)
      this.#chunks = []
    }
    return this.#whole
  }

  /** Only when complete. A byte order mark is dropped, as `TextDecoder` does. */
  text(): string {
    if (this.#text === undefined) {
      const source = this.#borrowed ?? this.bytes()
      const buffer =
        source instanceof ArrayBuffer ? Buffer.from(source) : Buffer.from(source.buffer, source.byteOffset, source.byteLength)
      const text = buffer.toString("utf8")
      this.#text = text.charCodeAt(0) === byteOrderMark ? text.slice(1) : text
    }
    return this.#text
  }

  #finish(state: UwsBodyState): void {
    this.state = state
    if (state !== "complete") this.#chunks = []
    const listeners = this.#listeners
    this.#listeners = []
    for (const listener of listeners) listener(undefined)
  }
}

const byteOrderMark = 0xfeff
