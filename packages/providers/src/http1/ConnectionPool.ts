/**
 * One target's connections: the last one used first, no more than its bound, each closed when it has been idle too long. It never queues: who bounds the
 * calls has bounded the connections.
 */
import { Connection } from "./Connection.ts"
import type { ConnectionOwner, ConnectionTimeouts } from "./Connection.ts"

/** Deadlines are looked at this many times in the shortest timeout, and at least once a second. */
const sweepsPerTimeout = 4
const maxSweepMs = 1_000
const minSweepMs = 5

export class ConnectionPool implements ConnectionOwner {
  readonly url: URL
  readonly timeouts: ConnectionTimeouts
  session: Buffer | undefined = undefined
  readonly #max: number
  readonly #all = new Set<Connection>()
  #idle: Array<Connection> = []
  #sweeper: NodeJS.Timeout | undefined = undefined

  constructor(url: URL, max: number, timeouts: ConnectionTimeouts) {
    this.url = url
    this.timeouts = timeouts
    this.#max = max
  }

  /** Undefined: all are in use. */
  take(): Connection | undefined {
    const idle = this.#idle.pop()
    if (idle !== undefined) {
      if (idle.deadlineMs > performance.now()) return idle
      idle.destroy()
      return this.take()
    }
    if (this.#all.size >= this.#max) {
      const spare = [...this.#all].find((connection) => connection.isDraining)
      if (spare === undefined) return undefined
      spare.destroy()
    }
    const connection = new Connection(this)
    this.#all.add(connection)
    this.#sweeper ??= setInterval(this.#sweep, this.#sweepMs()).unref()
    return connection
  }

  readonly idle = (connection: Connection): void => {
    this.#idle.push(connection)
  }

  readonly gone = (connection: Connection): void => {
    this.#all.delete(connection)
    const at = this.#idle.lastIndexOf(connection)
    if (at >= 0) this.#idle.splice(at, 1)
    if (this.#all.size > 0) return
    clearInterval(this.#sweeper)
    this.#sweeper = undefined
  }

  close(): void {
    for (const connection of this.#all) connection.close()
  }

  #sweepMs(): number {
    const { chunkTimeoutMs, connectTimeoutMs, headersTimeoutMs, keepAliveMs } = this.timeouts
    const shortest = Math.min(chunkTimeoutMs, connectTimeoutMs, headersTimeoutMs, keepAliveMs)
    return Math.min(maxSweepMs, Math.max(minSweepMs, shortest / sweepsPerTimeout))
  }

  readonly #sweep = (): void => {
    const nowMs = performance.now()
    for (const connection of this.#all) if (connection.deadlineMs <= nowMs) connection.expire(nowMs)
  }
}
