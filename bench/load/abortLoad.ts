/** One stream after another, left at its first token: tells when each was left. When its provider's connection closed, the mock tells. */
import { connect } from "node:net"
import type { Message } from "../harness/Child.ts"
import { nowMicros } from "../harness/Token.ts"

export interface AbortLoad extends Message {
  readonly type: "run"
  readonly port: number
  /** One for each stream, sent as it is. */
  readonly requests: ReadonlyArray<string>
}

export interface AbortResult extends Message {
  readonly type: "result"
  /** By the machine's monotonic clock, in microseconds, in the order of the requests. */
  readonly leftAt: ReadonlyArray<number>
}

const tokenMark = 0x7e

const leave = (port: number, request: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true }, () => socket.write(request))
    let leftAt = 0
    socket.on("data", (bytes) => {
      if (leftAt > 0 || !bytes.includes(tokenMark)) return
      leftAt = nowMicros()
      socket.destroy()
    })
    socket.on("error", reject)
    socket.on("close", () => (leftAt > 0 ? resolve(leftAt) : reject(new Error("a stream ended before its first token"))))
  })

const run = async ({ port, requests }: AbortLoad): Promise<void> => {
  const leftAt: Array<number> = []
  for (const request of requests) leftAt.push(await leave(port, request))
  process.send?.({ type: "result", leftAt } satisfies AbortResult)
}

process.on("message", (message: AbortLoad) => {
  if (message.type !== "run") return
  run(message).catch((error: unknown) => process.send?.({ type: "failure", message: String(error) }))
})
process.send?.({ type: "ready", port: 0 })
