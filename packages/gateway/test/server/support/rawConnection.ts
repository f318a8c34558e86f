/** A connection whose every byte the test decides, and which reads only when it is told to. */
import { connect } from "node:net"
import type { Socket } from "node:net"

/** Bound on a hang. */
const patienceMs = 10_000

export interface RawConnection {
  readonly socket: Socket
  readonly send: (bytes: string | Uint8Array) => void
  readonly text: () => string
  readonly bytes: () => number
  /** Resolves as soon as the condition holds, which is asked after each arrival. */
  readonly until: (condition: (text: string) => boolean) => Promise<string>
  /** All that was received until the server closed. */
  readonly closed: () => Promise<string>
}

export const rawConnection = (port: number): Promise<RawConnection> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1")
    const chunks: Array<Buffer> = []
    let bytes = 0
    let gone = false
    const text = () => Buffer.concat(chunks).toString("latin1")
    const waiting = new Set<() => void>()
    const wake = () => {
      for (const check of waiting) check()
    }
    const wait = (holds: () => boolean, what: string): Promise<string> =>
      new Promise((done, fail) => {
        const timer = setTimeout(() => {
          waiting.delete(check)
          fail(new Error(`Still waiting for ${what} after ${patienceMs} ms, having received: ${text().slice(0, 500)}`))
        }, patienceMs)
        const check = () => {
          if (!holds()) return
          clearTimeout(timer)
          waiting.delete(check)
          done(text())
        }
        waiting.add(check)
        check()
      })
    socket.on("data", (chunk) => {
      chunks.push(chunk)
      bytes += chunk.length
      wake()
    })
    socket.on("error", () => {})
    socket.on("close", () => {
      gone = true
      wake()
    })
    socket.once("error", reject)
    socket.once("connect", () =>
      resolve({
        socket,
        send: (data) => void socket.write(data),
        text,
        bytes: () => bytes,
        until: (condition) => wait(() => condition(text()), "a condition"),
        closed: () => wait(() => gone, "the end")
      })
    )
  })

/** Body of an answer in chunked coding; throws if it is not complete. */
export const decodeChunked = (answer: string): string => {
  let at = answer.indexOf("\r\n\r\n") + 4
  let body = ""
  for (;;) {
    const end = answer.indexOf("\r\n", at)
    if (end === -1) throw new Error("truncated")
    const length = Number.parseInt(answer.slice(at, end), 16)
    if (length === 0) return body
    if (end + 2 + length > answer.length) throw new Error("truncated")
    body += answer.slice(end + 2, end + 2 + length)
    at = end + 2 + length + 2
  }
}
