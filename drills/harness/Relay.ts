/**
 * What stands between a runner and the others: connections to its address go through here, and can be cut for one of the processes that
 * connect. While it is cut, bytes are held in both directions and new connections hang, as with a network that drops packets.
 */
import { readdir, readFile, readlink } from "node:fs/promises"
import { connect, createServer } from "node:net"
import type { Server, Socket } from "node:net"

interface Link {
  readonly pid: number
  readonly near: Socket
  readonly far: Socket
}

export class Relay {
  readonly host: string
  readonly port: number
  readonly #server: Server
  readonly #links = new Set<Link>()
  readonly #waiting = new Set<{ readonly pid: number; readonly socket: Socket }>()
  #isCut: (pid: number) => boolean = () => false

  /** From `host:port`, an address of the loopback, to the same port of 127.0.0.1. */
  private constructor(host: string, port: number, pids: () => ReadonlyArray<number>) {
    this.host = host
    this.port = port
    this.#server = createServer({ noDelay: true, pauseOnConnect: true }, (near) => {
      near.on("error", () => near.destroy())
      void ownerOf(near.remotePort ?? 0, pids()).then((pid) => this.#open(pid, near))
    })
  }

  static async listen(host: string, port: number, pids: () => ReadonlyArray<number>): Promise<Relay> {
    const relay = new Relay(host, port, pids)
    await new Promise<void>((resolve, reject) => {
      relay.#server.once("error", reject)
      relay.#server.listen(port, host, resolve)
    })
    return relay
  }

  cut(isCut: (pid: number) => boolean): void {
    this.#isCut = isCut
    for (const { far, near, pid } of this.#links) {
      if (!isCut(pid)) continue
      near.pause()
      far.pause()
    }
  }

  heal(): void {
    this.#isCut = () => false
    for (const { far, near } of this.#links) {
      near.resume()
      far.resume()
    }
    for (const waiting of this.#waiting) this.#join(waiting.pid, waiting.socket)
    this.#waiting.clear()
  }

  async close(): Promise<void> {
    for (const { far, near } of this.#links) {
      near.destroy()
      far.destroy()
    }
    for (const { socket } of this.#waiting) socket.destroy()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  #open(pid: number, near: Socket): void {
    if (near.destroyed) return
    if (this.#isCut(pid)) this.#waiting.add({ pid, socket: near })
    else this.#join(pid, near)
  }

  #join(pid: number, near: Socket): void {
    const far = connect({ port: this.port, host: "127.0.0.1", noDelay: true })
    const link: Link = { pid, near, far }
    this.#links.add(link)
    const end = (): void => {
      this.#links.delete(link)
      near.destroy()
      far.destroy()
    }
    for (const [from, to] of [
      [near, far],
      [far, near]
    ] as const) {
      from.on("error", end)
      from.on("close", end)
      from.on("data", (bytes) => {
        if (!to.write(bytes)) {
          from.pause()
          to.once("drain", () => {
            if (!this.#isCut(pid)) from.resume()
          })
        }
      })
    }
    near.resume()
  }
}

/** Which of these processes holds the local port: asked of /proc. 0: none. */
const ownerOf = async (port: number, pids: ReadonlyArray<number>): Promise<number> => {
  const hex = port.toString(16).toUpperCase().padStart(4, "0")
  const table = await readFile("/proc/net/tcp", "utf8")
  const row = table.split("\n").find((line) => line.trim().split(/\s+/)[1]?.endsWith(`:${hex}`) === true)
  const inode = row?.trim().split(/\s+/)[9]
  if (inode === undefined) return 0
  for (const pid of pids) {
    for (const file of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
      const target = await readlink(`/proc/${pid}/fd/${file}`).catch(() => "")
      if (target === `socket:[${inode}]`) return pid
    }
  }
  return 0
}
