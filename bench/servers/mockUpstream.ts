/**
 * A provider that answers at once: OpenAI's wire on bare sockets, the answers prepared. The model's name says how:
 * `gpt-burst` streams all its chunks in one write, `gpt-paced` one token every 20 ms, each at a phase of its own.
 */
import { createServer } from "node:net"
import type { Socket } from "node:net"
import { nowMicros, tokenText } from "../harness/Token.ts"
import { answerTokens, tokenIntervalMs } from "../harness/Workload.ts"

const chunk = (model: string, delta: string, finish: string): string =>
  `data: {"id":"chatcmpl-bench","object":"chat.completion.chunk","created":1700000000,"model":"${model}",` +
  `"system_fingerprint":"fp_bench","choices":[{"index":0,"delta":${delta},"logprobs":null,"finish_reason":${finish}}]}\n\n`

const usage = `{"prompt_tokens":9,"completion_tokens":${answerTokens},"total_tokens":${9 + answerTokens}}`
const usageChunk = (model: string): string =>
  `data: {"id":"chatcmpl-bench","object":"chat.completion.chunk","created":1700000000,"model":"${model}","choices":[],"usage":${usage}}\n\n`

/** One HTTP chunk for each event, as servers that flush after each token send them. */
const framed = (event: string): string => `${event.length.toString(16)}\r\n${event}\r\n`
const token = (model: string, micros: number): string => framed(chunk(model, `{"content":"${tokenText(micros)}"}`, "null"))
const opening = (model: string): string => framed(chunk(model, '{"role":"assistant","content":""}', "null"))
const ending = (model: string, withUsage: boolean): string =>
  framed(chunk(model, "{}", '"stop"')) + (withUsage ? framed(usageChunk(model)) : "") + framed("data: [DONE]\n\n") + "0\r\n\r\n"

const streamHead =
  "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\ntransfer-encoding: chunked\r\n\r\n"
const jsonHead = (length: number) => `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n`
const json = (body: string): string => jsonHead(Buffer.byteLength(body)) + body

const plain = json(
  `{"id":"chatcmpl-bench","object":"chat.completion","created":1700000000,"model":"gpt-burst","system_fingerprint":"fp_bench",` +
    `"choices":[{"index":0,"message":{"role":"assistant","content":"Hello! How can I help you today?","refusal":null},"logprobs":null,` +
    `"finish_reason":"stop"}],"usage":${usage}}`
)
const models = json('{"object":"list","data":[{"id":"gpt-burst","object":"model","created":1700000000,"owned_by":"bench"}]}')
const burst = (withUsage: boolean): Buffer =>
  Buffer.from(streamHead + opening("gpt-burst") + token("gpt-burst", 0).repeat(answerTokens) + ending("gpt-burst", withUsage))
const bursts = { true: burst(true), false: burst(false) }

interface Paced {
  readonly socket: Socket
  readonly withUsage: boolean
  sent: number
}

/** One slot for each millisecond of the interval: a stream lives in the slot in which it began. */
const slots: Array<Set<Paced>> = Array.from({ length: tokenIntervalMs }, () => new Set<Paced>())
let ticked = Math.floor(nowMicros() / 1000)
setInterval(() => {
  const now = Math.floor(nowMicros() / 1000)
  for (; ticked < now; ticked++) for (const stream of slots[(ticked + 1) % tokenIntervalMs] ?? []) speak(stream)
}, 1)

const speak = (stream: Paced): void => {
  stream.socket.write(token("gpt-paced", nowMicros()))
  if (++stream.sent < answerTokens) return
  for (const slot of slots) slot.delete(stream)
  stream.socket.write(ending("gpt-paced", stream.withUsage))
}

const begin = (socket: Socket, withUsage: boolean): void => {
  const stream = { socket, withUsage, sent: 0 }
  socket.write(streamHead + opening("gpt-paced"))
  slots[Math.floor(nowMicros() / 1000) % tokenIntervalMs]?.add(stream)
  socket.once("close", () => {
    for (const slot of slots) slot.delete(stream)
  })
}

const answer = (socket: Socket, head: string, body: string): void => {
  if (head.startsWith("GET")) {
    socket.write(models)
    return
  }
  const request = JSON.parse(body) as { model: string; stream?: boolean; stream_options?: { include_usage?: boolean } }
  const withUsage = request.stream_options?.include_usage === true
  if (request.stream !== true) socket.write(plain)
  else if (request.model === "gpt-paced") begin(socket, withUsage)
  else socket.write(bursts[`${withUsage}`])
}

const server = createServer({ noDelay: true }, (socket) => {
  let pending = ""
  socket.on("error", () => socket.destroy())
  socket.on("data", (bytes) => {
    pending += bytes.toString("latin1")
    for (;;) {
      const end = pending.indexOf("\r\n\r\n")
      if (end < 0) return
      const head = pending.slice(0, end)
      let body: string
      let next: number
      const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
      if (length !== undefined || !/\r\ntransfer-encoding: *chunked/i.test(head)) {
        next = end + 4 + Number(length ?? 0)
        if (pending.length < next) return
        body = pending.slice(end + 4, next)
      } else {
        // A proxy that streams the body: the benchmarks' are one chunk and the last.
        const last = pending.indexOf("0\r\n\r\n", end + 4)
        if (last < 0) return
        next = last + 5
        body = pending.slice(pending.indexOf("\r\n", end + 4) + 2, last).trimEnd()
      }
      pending = pending.slice(next)
      answer(socket, head, body)
    }
  })
})
server.listen(0, "127.0.0.1", 1024, () => {
  const address = server.address()
  process.send?.({ type: "ready", port: typeof address === "object" ? address?.port : 0 })
})
