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
  #held = 0

  /** From `host:port`, an address of the loopback, to the same port of 127.0.0.1. */
  private constructor(host: string, port: number, pids: () => ReadonlyArray<number>) {
    this.host = host
    this.port = port
    this.#server = createServer({ noDelay: true, pauseOnConnect: true }, (near) => {
      near.on("error", () => near.destroy())
      void ownerOf(near, pids()).then((pid) => this.#open(pid, near))
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

  /** Connections that a cut has held: those that were there, and those that were tried meanwhile. */
  get held(): number {
    return this.#held
  }

  cut(isCut: (pid: number) => boolean): void {
    this.#isCut = isCut
    for (const { far, near, pid } of this.#links) {
      if (!isCut(pid)) continue
      this.#held++
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
    if (!this.#isCut(pid)) return this.#join(pid, near)
    this.#held++
    this.#waiting.add({ pid, socket: near })
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

/** Which of these processes holds the far end of the connection: asked of /proc. 0: none. */
const ownerOf = async (near: Socket, pids: ReadonlyArray<number>): Promise<number> => {
  const local = endpoint(near.remoteAddress, near.remotePort)
  const remote = endpoint(near.localAddress, near.localPort)
  const table = await readFile("/proc/net/tcp", "utf8")
  const row = table
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .find((columns) => columns[1] === local && columns[2] === remote)
  const inode = row?.[9]
  if (inode === undefined) return 0
  for (const pid of pids) {
    for (const file of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
      const target = await readlink(`/proc/${pid}/fd/${file}`).catch(() => "")
      if (target === `socket:[${inode}]`) return pid
    }
  }
  return 0
}

/** As /proc/net/tcp writes an address of IPv4: its bytes in the machine's order, which is the last first wherever the drills run. */
const endpoint = (address = "", port = 0): string => {
  const bytes = address.split(".").map((byte) => Number(byte).toString(16).padStart(2, "0"))
  return `${bytes.toReversed().join("")}:${port.toString(16).padStart(4, "0")}`.toUpperCase()
}
