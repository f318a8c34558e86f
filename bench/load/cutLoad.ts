/**
 * What a client of `/v1/chat/completions` sees of an answer whose first target breaks off: one stream after the other, and how long after the cut,
 * which the last word before it tells, the switch and the next target's first word are in its hands.
 */
import { Agent, request } from "node:http"
import { microsIn, nowMicros } from "../harness/Token.ts"
import type { Message } from "../harness/Child.ts"
import { CutTimes } from "./CutTimes.ts"

export interface CutLoad extends Message {
  readonly type: "cut"
  readonly port: number
  readonly key: string
  /** The route's name. */
  readonly model: string
  readonly seconds: number
}

/** Streams before those that count, so that what runs is compiled. */
const warmupStreams = 20

const agent = new Agent({ keepAlive: true, noDelay: true })
const times = new CutTimes()

const contentOf = (data: string): string => {
  const chunk = JSON.parse(data) as { choices?: ReadonlyArray<{ delta?: { content?: string } }> }
  return chunk.choices?.[0]?.delta?.content ?? ""
}

/** One answer to its end. Text is joined and split by events, as every client of server-sent events does. */
const stream = ({ key, model, port }: CutLoad, isCounted: boolean): Promise<void> =>
  new Promise((resolve, reject) => {
    const body = JSON.stringify({ model, stream: true, messages: [{ role: "user", content: "Say hello." }] })
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json", "content-length": String(body.length) }
    const asked = request({ agent, host: "127.0.0.1", port, method: "POST", path: "/v1/chat/completions", headers }, (answer) => {
      let unread = ""
      let cutAt = 0
      let isOver = false
      let hasEnded = false
      const read = (event: string, now: number): void => {
        if (event.startsWith(": provider-switch ")) {
          isOver = true
          if (isCounted) times.switched.add(now - cutAt)
          return
        }
        if (!event.startsWith("data: ")) return
        const data = event.slice("data: ".length)
        if (data === "[DONE]") {
          hasEnded = true
          return
        }
        const content = contentOf(data)
        if (content === "") return
        if (!isOver) cutAt = microsIn(content) ?? cutAt
        else if (cutAt > 0) {
          if (isCounted) times.spoke.add(now - cutAt)
          cutAt = 0
        }
      }
      answer.setEncoding("utf8")
      answer.on("data", (text: string) => {
        const now = nowMicros()
        const events = (unread + text).split("\n\n")
        unread = events.pop() ?? ""
        for (const event of events) read(event, now)
      })
      answer.on("error", reject)
      answer.on("end", () => {
        if (answer.statusCode !== 200) return reject(new Error(`the answer is ${answer.statusCode}: ${unread}`))
        if (!isOver || !hasEnded) return reject(new Error("an answer ended without a switch, or without its end"))
        resolve()
      })
    })
    asked.on("error", reject)
    asked.end(body)
  })

const run = async (load: CutLoad): Promise<object> => {
  for (let n = 0; n < warmupStreams; n++) await stream(load, false)
  const until = nowMicros() + load.seconds * 1e6
  while (nowMicros() < until) await stream(load, true)
  return times.result()
}

process.on("message", (load: CutLoad) => {
  run(load).then(
    (result) => process.send?.(result),
    (error: unknown) => process.send?.({ type: "failure", message: String(error) })
  )
})
process.send?.({ type: "ready", port: 0 })
