/** The socket of the page: one at a time, opened again with growing, random pauses until it is told not to. */

/** Milliseconds: the first pause, which doubles, and the longest. */
const firstPauseMs = 500
const longestPauseMs = 15_000
/** A server that says nothing for this many heartbeats is taken for dead. */
const silentHeartbeats = 2
/** Longest to wait for the answer to a command. */
const commandTimeoutMs = 60_000

export class Connection {
  #key
  #on
  #socket = null
  #pending = new Map()
  #commands = 0
  #failures = 0
  #goAwayMs = 0
  #timer = 0
  #heartbeat = 0
  #lastHeardMs = 0
  #isReady = false
  #isStopped = false

  /**
   * `on.state(state, detail)`: connecting, open, waiting, refused. `on.open()`: after each welcome. `on.frame(frame, length)`: all but answers.
   * `on.suspect()`: a socket closed before its welcome; whether the key is still good is worth asking.
   */
  constructor(key, on) {
    this.#key = key
    this.#on = on
    addEventListener("online", this.#retryNow)
    document.addEventListener("visibilitychange", this.#retryNow)
    this.#connect()
  }

  get isOpen() {
    return this.#isReady
  }

  /** Sends a frame that has no answer; nothing while there is no connection. */
  tell(frame) {
    if (this.#isReady) this.#socket.send(JSON.stringify(frame))
  }

  /** Resolves with the answer, an error frame included; rejects when the connection is lost before it, or it takes too long. */
  ask(frame) {
    if (!this.#isReady) return Promise.reject(new Error("not connected"))
    const id = String(++this.#commands)
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(id)
        reject(new Error("no answer"))
      }, commandTimeoutMs)
      this.#pending.set(id, { resolve, reject, timer })
      this.#socket.send(JSON.stringify({ ...frame, id }))
    })
  }

  stop() {
    this.#isStopped = true
    removeEventListener("online", this.#retryNow)
    document.removeEventListener("visibilitychange", this.#retryNow)
    clearTimeout(this.#timer)
    this.#socket?.close()
  }

  #connect() {
    this.#on.state("connecting")
    const address = new URL("/ws", location.href)
    address.protocol = address.protocol === "https:" ? "wss:" : "ws:"
    let socket
    try {
      socket = new WebSocket(address, this.#key ? ["parley.v1", `parley.key.${this.#key}`] : ["parley.v1"])
    } catch {
      this.#isStopped = true
      return this.#on.state("refused", "This key has characters that a browser cannot send.")
    }
    this.#socket = socket
    socket.addEventListener("message", ({ data }) => {
      if (this.#socket === socket) this.#receive(data)
    })
    socket.addEventListener("close", (event) => {
      if (this.#socket === socket) this.#closed(event)
    })
  }

  #receive(data) {
    this.#lastHeardMs = performance.now()
    const frame = JSON.parse(data)
    if (frame.type === "welcome") return this.#welcome(frame)
    if (frame.type === "pong") return
    if (frame.type === "go-away") {
      this.#goAwayMs = frame.withinMs
      return
    }
    const pending = frame.id === undefined ? undefined : this.#pending.get(frame.id)
    if (pending === undefined) return this.#on.frame(frame, data.length)
    this.#pending.delete(frame.id)
    clearTimeout(pending.timer)
    pending.resolve(frame)
  }

  #welcome({ heartbeatMs }) {
    this.#isReady = true
    this.#failures = 0
    this.#goAwayMs = 0
    clearInterval(this.#heartbeat)
    this.#heartbeat = setInterval(() => {
      if (performance.now() - this.#lastHeardMs > silentHeartbeats * heartbeatMs) this.#abandon()
      else this.tell({ type: "ping" })
    }, heartbeatMs)
    this.#on.state("open")
    this.#on.open()
  }

  /** Its close may never come. */
  #abandon() {
    const socket = this.#socket
    this.#closed({ code: 1006, reason: "" })
    socket?.close()
  }

  #closed({ code, reason }) {
    const wasReady = this.#isReady
    this.#isReady = false
    this.#socket = null
    clearInterval(this.#heartbeat)
    for (const { reject, timer } of this.#pending.values()) {
      clearTimeout(timer)
      reject(new Error("the connection was lost"))
    }
    this.#pending.clear()
    if (this.#isStopped) return
    if (code >= 4500 && code <= 4999) {
      this.#isStopped = true
      return this.#on.state("refused", reason || `The server closed the connection (${code}).`, code)
    }
    if (!wasReady) this.#on.suspect()
    const longest = this.#goAwayMs || Math.min(longestPauseMs, firstPauseMs * 2 ** this.#failures++)
    this.#goAwayMs = 0
    const pauseMs = Math.random() * longest
    this.#on.state("waiting", Math.ceil(pauseMs / 1000))
    this.#timer = setTimeout(() => this.#connect(), pauseMs)
  }

  #retryNow = () => {
    if (this.#socket !== null || this.#isStopped || document.hidden) return
    clearTimeout(this.#timer)
    this.#connect()
  }
}
