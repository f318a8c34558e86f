/**
 * A provider that answers at once: OpenAI's wire on bare sockets, the answers prepared. The model's name says how a stream goes:
 * `gpt-burst-200` all 200 chunks in one write, `gpt-paced-200` one token every 20 ms, each stream at a phase of its own,
 * `gpt-prompt-8` the first token at once and one every 20 ms after it; and of a text in Markdown `gpt-document-200` all at once,
 * `gpt-markdown-1000` 150 tokens a second. A paced stream whose client leaves is told to the parent
 * process, if its request had an id, `#000017`, in its text.
 */
import { createServer } from "node:net"
import type { Socket } from "node:net"
import type { Message } from "../harness/Child.ts"
import { nowMicros, tokenText } from "../harness/Token.ts"
import { markdownTokensPerSecond, tokenIntervalMs } from "../harness/Workload.ts"
import { markdownToken } from "../web/markdownText.ts"

const chunk = (model: string, delta: string, finish: string): string =>
  `data: {"id":"chatcmpl-bench","object":"chat.completion.chunk","created":1700000000,"model":"${model}",` +
  `"system_fingerprint":"fp_bench","choices":[{"index":0,"delta":${delta},"logprobs":null,"finish_reason":${finish}}]}\n\n`

const usage = (tokens: number): string => `{"prompt_tokens":9,"completion_tokens":${tokens},"total_tokens":${9 + tokens}}`
const usageChunk = (model: string, tokens: number): string =>
  `data: {"id":"chatcmpl-bench","object":"chat.completion.chunk","created":1700000000,"model":"${model}","choices":[],"usage":${usage(tokens)}}\n\n`

/** One HTTP chunk for each event, as servers that flush after each token send them. */
const framed = (event: string): string => `${event.length.toString(16)}\r\n${event}\r\n`
const token = (model: string, micros: number): string => framed(chunk(model, `{"content":"${tokenText(micros)}"}`, "null"))
const opening = (model: string): string => framed(chunk(model, '{"role":"assistant","content":""}', "null"))
const ending = (model: string, usageOf: number | undefined): string =>
  framed(chunk(model, "{}", '"stop"')) +
  (usageOf === undefined ? "" : framed(usageChunk(model, usageOf))) +
  framed("data: [DONE]\n\n") +
  "0\r\n\r\n"

const streamHead =
  "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\ntransfer-encoding: chunked\r\n\r\n"
const jsonHead = (length: number) => `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n`
const json = (body: string): string => jsonHead(Buffer.byteLength(body)) + body

const plain = json(
  `{"id":"chatcmpl-bench","object":"chat.completion","created":1700000000,"model":"gpt-burst-200","system_fingerprint":"fp_bench",` +
    `"choices":[{"index":0,"message":{"role":"assistant","content":"Hello! How can I help you today?","refusal":null},"logprobs":null,` +
    `"finish_reason":"stop"}],"usage":${usage(9)}}`
)
const models = json(
  JSON.stringify({
    object: "list",
    data: ["gpt-burst-200", "gpt-document-200", "gpt-markdown-1000"].map((id) => ({
      id,
      object: "model",
      created: 1_700_000_000,
      owned_by: "bench"
    }))
  })
)

const bursts = new Map<string, Buffer>()
const burst = (model: string, tokens: number, withUsage: boolean): Buffer => {
  const name = `${model} ${withUsage}`
  let answer = bursts.get(name)
  if (answer === undefined) {
    answer = Buffer.from(
      streamHead + opening(model) + token(model, 0).repeat(tokens) + ending(model, withUsage ? tokens : undefined)
    )
    bursts.set(name, answer)
  }
  return answer
}

export interface Abandoned extends Message {
  readonly type: "abandoned"
  readonly id: string
  /** When its connection closed, by the machine's monotonic clock, in microseconds. */
  readonly at: number
}

interface Paced {
  readonly socket: Socket
  readonly model: string
  readonly tokens: number
  readonly withUsage: boolean
  readonly id: string | undefined
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
  stream.socket.write(token(stream.model, nowMicros()))
  if (++stream.sent < stream.tokens) return
  forget(stream)
  stream.socket.write(ending(stream.model, stream.withUsage ? stream.tokens : undefined))
}

const forget = (stream: Paced): void => {
  for (const slot of slots) slot.delete(stream)
}

const begin = (stream: Paced): void => {
  stream.socket.write(streamHead + opening(stream.model))
  slots[Math.floor(nowMicros() / 1000) % tokenIntervalMs]?.add(stream)
  const { id } = stream
  stream.socket.once("close", () => {
    forget(stream)
    if (id !== undefined && stream.sent < stream.tokens) {
      process.send?.({ type: "abandoned", id, at: nowMicros() } satisfies Abandoned)
    }
  })
}

const markdown = (model: string, index: number): string =>
  framed(chunk(model, JSON.stringify({ content: markdownToken(index) }), "null"))

const documented = (socket: Socket, { model, tokens, withUsage }: Pick<Paced, "model" | "tokens" | "withUsage">): void => {
  const chunks = Array.from({ length: tokens }, (_, index) => markdown(model, index))
  socket.write(streamHead + opening(model) + chunks.join("") + ending(model, withUsage ? tokens : undefined))
}

/** One at a time: the first token at once, what follows from the next interval on. */
const beginPromptly = (stream: Paced): void => {
  stream.socket.write(streamHead + opening(stream.model) + token(stream.model, nowMicros()))
  stream.sent = 1
  const timer = setInterval(() => {
    speak(stream)
    if (stream.sent >= stream.tokens) clearInterval(timer)
  }, tokenIntervalMs)
  stream.socket.once("close", () => clearInterval(timer))
}

/** Few of these run at a time: each has a timer of its own. */
const beginMarkdown = (stream: Paced): void => {
  const { model, socket, tokens } = stream
  const beganAt = nowMicros()
  socket.write(streamHead + opening(model))
  const timer = setInterval(() => {
    const due = Math.min(tokens, Math.floor(((nowMicros() - beganAt) * markdownTokensPerSecond) / 1e6))
    for (; stream.sent < due; stream.sent++) socket.write(markdown(model, stream.sent))
    if (stream.sent < tokens) return
    clearInterval(timer)
    socket.write(ending(model, stream.withUsage ? tokens : undefined))
  }, 1)
  socket.once("close", () => clearInterval(timer))
}

const answer = (socket: Socket, head: string, body: string): void => {
  if (head.startsWith("GET")) {
    socket.write(models)
    return
  }
  const request = JSON.parse(body) as { model: string; stream?: boolean; stream_options?: { include_usage?: boolean } }
  const withUsage = request.stream_options?.include_usage === true
  const [, kind, count] = request.model.split("-")
  const tokens = Number(count)
  const id = /#(\d{6})/.exec(body)?.[1]
  if (request.stream !== true) socket.write(plain)
  else if (kind === "paced") begin({ socket, model: request.model, tokens, withUsage, id, sent: 0 })
  else if (kind === "prompt") beginPromptly({ socket, model: request.model, tokens, withUsage, id, sent: 0 })
  else if (kind === "markdown") beginMarkdown({ socket, model: request.model, tokens, withUsage, id, sent: 0 })
  else if (kind === "document") documented(socket, { model: request.model, tokens, withUsage })
  else socket.write(burst(request.model, tokens, withUsage))
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
