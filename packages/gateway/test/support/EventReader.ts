/** Server-sent events as they come, from an answer that may not end. */
export interface ServerEvent {
  readonly id: string | undefined
  readonly event: string | undefined
  readonly data: string
}

export class EventReader {
  readonly response: Response
  readonly #aborter: AbortController
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>
  readonly #decoder = new TextDecoder()
  #text = ""
  #ended = false

  private constructor(response: Response, aborter: AbortController) {
    this.response = response
    this.#aborter = aborter
    this.#reader = (response.body ?? new ReadableStream<Uint8Array>()).getReader()
  }

  static async open(url: string, headers: Record<string, string>): Promise<EventReader> {
    const aborter = new AbortController()
    return new EventReader(await fetch(url, { headers, signal: aborter.signal }), aborter)
  }

  /** The next event with data; undefined after the last. */
  async next(): Promise<ServerEvent | undefined> {
    while (true) {
      const end = this.#text.indexOf("\n\n")
      if (end !== -1) {
        const event = this.#parse(this.#text.slice(0, end))
        this.#text = this.#text.slice(end + 2)
        if (event !== undefined) return event
        continue
      }
      if (this.#ended) return undefined
      const { done, value } = await this.#reader.read()
      if (done) this.#ended = true
      else this.#text += this.#decoder.decode(value, { stream: true })
    }
  }

  async rest(): Promise<ReadonlyArray<ServerEvent>> {
    const events: Array<ServerEvent> = []
    for (let event = await this.next(); event !== undefined; event = await this.next()) events.push(event)
    return events
  }

  leave(): void {
    this.#aborter.abort()
  }

  #parse(block: string): ServerEvent | undefined {
    const fields = new Map<string, string>()
    for (const line of block.split("\n")) {
      const [, name = "", value = ""] = /^(\w+): ?(.*)$/.exec(line) ?? []
      fields.set(name, value)
    }
    const data = fields.get("data")
    return data === undefined ? undefined : { id: fields.get("id"), event: fields.get("event"), data }
  }
}
