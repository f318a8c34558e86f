/** One socket at a time, opened again by itself until it is told not to. It never throws into whoever uses it. */
import type { ServerFrame } from "@parley/domain/SocketProtocol"
import type { ClientLimits } from "../ClientOptions.ts"
import type { HttpCaller } from "../http/HttpCaller.ts"
import { ParleyApiError } from "../ParleyApiError.ts"
import { ParleyConnectionError } from "../ParleyConnectionError.ts"
import type { Platform, SocketLike } from "../Platform.ts"
import type { FrameOf } from "../wire/frames.ts"
import { readFrame } from "../wire/readFrame.ts"
import { Commands } from "./Commands.ts"
import type { Answer, Command, Frame } from "./Commands.ts"
import { connectionMachine } from "./connectionMachine.ts"
import type { ConnectionEvent, ConnectionState } from "./connectionMachine.ts"
import { Heartbeat } from "./Heartbeat.ts"
import { pauseMs } from "./pause.ts"

const subprotocol: FrameOf<"welcome">["protocol"] = "parley.v1"
/** From here to 4999: do not come back. */
const firstRefusingCode = 4500
/** A close code that a client may say; the standard keeps the lower ones for the machinery. */
const normalClose = 1000
/** What a socket that just broke would say. */
const abnormalClose = 1006

export interface ConnectionOptions {
  readonly socketUrl: string
  readonly platform: Platform
  readonly limits: ClientLimits
  readonly http: HttpCaller
  readonly onError: (error: unknown) => void
  readonly on: ConnectionEvents
}
export interface ConnectionEvents {
  readonly changed: () => void
  readonly opened: () => void
  /** All but answers; with the length of its text, in UTF-16 code units. */
  readonly frame: (frame: ServerFrame, length: number) => void
  readonly beat: () => void
  readonly lost: () => void
}

export class Connection {
  readonly #options: ConnectionOptions
  readonly #commands: Commands
  readonly #heartbeat: Heartbeat
  #state: ConnectionState = "idle"
  #error: ParleyApiError | ParleyConnectionError | null = null
  #retryAtMs: number | null = null
  #isDoubtful = false
  #socket: SocketLike | undefined
  /** Names the present dial: what an earlier one still says is not heard. */
  #dial = 0
  #openedAtMs = 0
  #failures = 0
  /** The next pause is random below this instead, or at least this long. */
  #withinMs: number | undefined
  #leastPauseMs = 0
  #stopTimer: () => void = () => {}

  constructor(options: ConnectionOptions) {
    this.#options = options
    const { limits, on, platform } = options
    this.#commands = new Commands(platform, limits, (frame) => this.#post(frame))
    this.#heartbeat = new Heartbeat({
      platform,
      pongTimeoutMs: limits.pongTimeoutMs,
      doubtedPongTimeoutMs: limits.offlinePongTimeoutMs,
      ping: () => this.tell({ type: "ping" }),
      beat: on.beat,
      silent: () => this.dispatch("silent")
    })
  }

  get state(): ConnectionState {
    return this.#state
  }
  /** Why it was refused or is away; null while it is open. */
  get error(): ParleyApiError | ParleyConnectionError | null {
    return this.#error
  }
  /** When the present pause ends, in Unix milliseconds; null when there is none. */
  get retryAtMs(): number | null {
    return this.#retryAtMs
  }

  /** It is open, and the surroundings said that there is no network: until the server has shown a sign of life since, or it is lost. */
  get isDoubtful(): boolean {
    return this.#isDoubtful
  }

  /** Sends what has no answer; nothing while there is no connection. */
  tell(frame: Frame): void {
    if (this.#state === "open") this.#post(frame)
  }

  ask(command: Command): Promise<Answer> {
    return this.#state === "open"
      ? this.#commands.ask(command)
      : Promise.reject(new ParleyConnectionError(this.#state === "closed" ? "closed" : "unreachable", "there is no connection"))
  }

  dispatch(event: ConnectionEvent, error?: ParleyApiError | ParleyConnectionError): void {
    const before = this.#state
    const [state, act] = connectionMachine[before][event]
    this.#state = state
    const wasDoubtful = this.#isDoubtful
    this.#isDoubtful = state === "open" && (wasDoubtful || event === "offline")
    if (before !== state) {
      if (error !== undefined) this.#error = error
      if (before === "open") this.#leave()
    }
    switch (act) {
      case "dial":
        this.#open()
        break
      case "retreat":
        this.#hangUp()
        this.#pause()
        break
      case "hang-up":
        this.#hangUp()
        break
      case "greet":
        this.#error = null
        break
      case "check":
        this.#heartbeat.check(this.#isDoubtful)
        break
      case "none":
        break
    }
    if (before !== state || wasDoubtful !== this.#isDoubtful) this.#options.on.changed()
    if (before !== state) {
      if (before === "open") this.#options.on.lost()
      if (state === "open") this.#options.on.opened()
    }
  }

  #open(): void {
    this.#stopTimer()
    this.#retryAtMs = null
    const { limits, platform } = this.#options
    const dial = ++this.#dial
    this.#stopTimer = platform.after(limits.connectTimeoutMs, () =>
      this.dispatch("lost", new ParleyConnectionError("unreachable", `no welcome within ${limits.connectTimeoutMs} ms`))
    )
    this.#options.http.key().then(
      (key) => {
        if (dial === this.#dial) this.#connect(dial, key)
      },
      (cause) => {
        if (dial === this.#dial)
          this.dispatch("lost", new ParleyConnectionError("unreachable", "the key could not be had", { cause }))
      }
    )
  }

  #connect(dial: number, key: string | undefined): void {
    const { WebSocket } = this.#options.platform
    if (WebSocket === undefined) {
      const message = "there is no WebSocket here; pass one in `platform` (the package `ws` on Node before 22)"
      return this.dispatch("refuse", new ParleyConnectionError("refused", message))
    }
    let socket: SocketLike
    try {
      socket = new WebSocket(this.#options.socketUrl, key === undefined ? [subprotocol] : [subprotocol, `parley.key.${key}`])
    } catch (cause) {
      const message = "no connection can be made with such an address or key"
      return this.dispatch("refuse", new ParleyConnectionError("refused", message, { cause }))
    }
    this.#socket = socket
    const mine = (): boolean => dial === this.#dial
    socket.addEventListener("message", ({ data }) => {
      if (mine()) this.#receive(data)
    })
    socket.addEventListener("close", ({ code, reason }) => {
      if (mine()) this.#closed(code, reason)
    })
    // A close with a code of the server's comes without an error; after an error Node's own WebSocket says nothing more.
    socket.addEventListener("error", () => {
      if (mine()) this.#closed(abnormalClose, "")
    })
  }

  #receive(data: unknown): void {
    const frame = readFrame(data)
    // What was on its way is no sign that the other side is there still: in doubt only an answer to the ping is.
    if (!this.#isDoubtful || (typeof frame === "object" && frame.type === "pong")) this.#heartbeat.heard()
    if (frame === "unknown") return
    if (frame === "malformed") {
      const error = new ParleyConnectionError("unreadable", "the server sent a frame that cannot be read")
      this.#options.onError(error)
      return this.dispatch("lost", error)
    }
    switch (frame.type) {
      case "welcome":
        this.#stopTimer()
        this.#openedAtMs = this.#options.platform.nowMs()
        this.#heartbeat.start(frame.heartbeatMs)
        this.dispatch("welcome")
        // The network may have gone while it was dialled, and this been on its way.
        if (!this.#options.platform.isOnline()) this.dispatch("offline")
        return
      case "pong":
        if (!this.#isDoubtful) return
        this.#isDoubtful = false
        return this.#options.on.changed()
      case "go-away":
        this.#withinMs = frame.withinMs
        return
      case "accepted":
      case "done":
      case "cancelled":
        return this.#commands.answered(frame)
      case "error":
        if (frame.id === undefined) this.#options.onError(new ParleyApiError({ ...frame, status: 0 }))
        return this.#commands.answered(frame)
      default:
        return this.#options.on.frame(frame, typeof data === "string" ? data.length : 0)
    }
  }

  #closed(code: number, reason: string): void {
    const message = reason === "" ? `the connection was closed (${code})` : `the connection was closed: ${reason} (${code})`
    if (code >= firstRefusingCode && code <= 4999) {
      return this.dispatch("refuse", new ParleyConnectionError("refused", message))
    }
    const wasWelcomed = this.#state === "open"
    this.dispatch("lost", new ParleyConnectionError("unreachable", message))
    if (!wasWelcomed) this.#suspect()
  }

  /** A refused upgrade looks like any other failure to a browser: the HTTP half can tell whether it is the key. */
  #suspect(): void {
    this.#options.http.request({ method: "GET", path: "/api/me" }).catch((error: unknown) => {
      if (this.#state === "open" || !(error instanceof ParleyApiError)) return
      if (error.status === 401 || error.status === 403) this.dispatch("refuse", error)
      else if (error.retryAfterMs !== undefined) this.#leastPauseMs = error.retryAfterMs
    })
  }

  #pause(): void {
    const { limits, platform } = this.#options
    if (this.#state === "waiting" && !platform.isOnline()) return this.dispatch("offline")
    const within = this.#withinMs
    const random = within === undefined ? pauseMs(this.#failures, limits, platform.random) : platform.random() * within
    const pause = this.#state === "offline" ? limits.longestPauseMs : Math.max(random, this.#leastPauseMs)
    this.#failures++
    this.#withinMs = undefined
    this.#leastPauseMs = 0
    this.#retryAtMs = platform.nowMs() + pause
    this.#stopTimer = platform.after(pause, () => this.dispatch("timer"))
  }

  #hangUp(): void {
    this.#stopTimer()
    this.#retryAtMs = null
    this.#dial++
    this.#heartbeat.stop()
    const socket = this.#socket
    this.#socket = undefined
    try {
      socket?.close(normalClose)
    } catch (error) {
      this.#options.onError(error)
    }
  }

  #leave(): void {
    const { limits, platform } = this.#options
    if (platform.nowMs() - this.#openedAtMs >= limits.stableAfterMs) this.#failures = 0
    this.#commands.lost()
  }

  #post(frame: Frame): void {
    try {
      this.#socket?.send(JSON.stringify(frame))
    } catch (cause) {
      this.dispatch("lost", new ParleyConnectionError("unreachable", "the connection does not take what is sent", { cause }))
    }
  }
}
