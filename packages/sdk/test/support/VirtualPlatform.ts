/** Surroundings that a test moves by hand: a clock, a seeded chance, sockets whose frames are delivered one by one. */
import type { Platform, SocketLike, WebSocketConstructor } from "../../src/Platform.ts"

interface Timer {
  readonly atMs: number
  readonly run: () => void
}

/** mulberry32: small, and the same everywhere. */
export const seeded = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Until all that is already settled has been told. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

type Listener = (event: { readonly data: unknown; readonly code: number; readonly reason: string }) => void

export class VirtualSocket implements SocketLike {
  readonly url: string
  readonly protocols: ReadonlyArray<string>
  /** What the client has sent, and nobody has taken yet. */
  readonly toServer: Array<string> = []
  isClosed = false
  readonly #listeners = new Map<string, Array<Listener>>()

  constructor(url: string, protocols: ReadonlyArray<string>) {
    this.url = url
    this.protocols = protocols
  }

  addEventListener(type: string, listener: Listener): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener])
  }
  send(text: string): void {
    if (!this.isClosed) this.toServer.push(text)
  }
  close(): void {
    this.isClosed = true
  }

  /** From the server. */
  receive(frame: object | string): void {
    if (this.isClosed) return
    this.#emit("message", { data: typeof frame === "string" ? frame : JSON.stringify(frame), code: 0, reason: "" })
  }
  /** The server or the network ends it. */
  end(code: number, reason = ""): void {
    if (this.isClosed) return
    this.isClosed = true
    this.#emit("close", { data: undefined, code, reason })
  }
  frames(): ReadonlyArray<Record<string, unknown>> {
    return this.toServer.map((text) => JSON.parse(text))
  }

  #emit(type: string, event: Parameters<Listener>[0]): void {
    for (const listener of this.#listeners.get(type) ?? []) listener(event)
  }
}

export class VirtualPlatform implements Platform {
  now = 1_000_000
  online = true
  readonly random: () => number
  readonly sockets: Array<VirtualSocket> = []
  #timers: Array<Timer> = []
  #watchers: Array<{ readonly wake: () => void; readonly offline: () => void }> = []
  /** Answers each HTTP request. */
  answer: (url: string, init: RequestInit) => Response | Promise<Response> = () => Response.json({})
  onSocket: (socket: VirtualSocket) => void = () => {}

  constructor(random: () => number = () => 0.5) {
    this.random = random
  }

  readonly WebSocket: WebSocketConstructor = (() => {
    const opened = (socket: VirtualSocket): void => {
      this.sockets.push(socket)
      this.onSocket(socket)
    }
    return class extends VirtualSocket {
      constructor(url: string, protocols: Array<string>) {
        super(url, protocols)
        opened(this)
      }
    }
  })()
  readonly fetch = async (url: string, init: RequestInit) => this.answer(url, init)
  readonly nowMs = () => this.now
  readonly after = (delayMs: number, run: () => void) => {
    const timer = { atMs: this.now + delayMs, run }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((one) => one !== timer)
    }
  }
  readonly isOnline = () => this.online
  readonly watch = (on: { readonly wake: () => void; readonly offline: () => void }) => {
    this.#watchers.push(on)
    return () => {
      this.#watchers = this.#watchers.filter((one) => one !== on)
    }
  }

  get socket(): VirtualSocket {
    const last = this.sockets.at(-1)
    if (last === undefined) throw new Error("no socket was opened")
    return last
  }
  get nextTimerInMs(): number | undefined {
    return this.#timers.length === 0 ? undefined : Math.min(...this.#timers.map(({ atMs }) => atMs)) - this.now
  }
  wake(): void {
    this.online = true
    for (const { wake } of [...this.#watchers]) wake()
  }
  goOffline(): void {
    this.online = false
    for (const { offline } of [...this.#watchers]) offline()
  }
  /** The clock alone, as when a tab sleeps: timers run late, in order, at the end. */
  sleep(ms: number): void {
    this.now += ms
  }
  /** Timers run when they are due. */
  async advance(ms: number): Promise<void> {
    const end = this.now + ms
    for (;;) {
      const due = this.#timers.filter(({ atMs }) => atMs <= end).sort((a, b) => a.atMs - b.atMs)[0]
      if (due === undefined) break
      this.#timers = this.#timers.filter((one) => one !== due)
      this.now = Math.max(this.now, due.atMs)
      due.run()
      await settled()
    }
    this.now = end
    await settled()
  }
}
