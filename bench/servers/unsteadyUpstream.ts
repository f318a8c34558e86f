/**
 * A provider that is not always well: OpenAI's wire, streaming only. The model says how: `steady` begins after a time that is drawn from a log-normal
 * distribution, `unsteady` the same, but one answer in 25 begins a second later; `slow` begins all of them a second later; `cut` breaks the connection
 * after three words, the last of which tells when; `quick` answers at once.
 */
import { createServer } from "node:http"
import type { ServerResponse } from "node:http"
import { nowMicros, tokenText } from "../harness/Token.ts"

/** First tokens of hosted models are spread like this: the p95 is some two to three times the median. Seeded, so that all runs draw the same. */
const medianMs = 40
const sigma = 0.5
const seed = 4
const slowOneIn = 25
const slowMs = 1_000

const chunk = (model: string, delta: object, finish: string | null): string =>
  `data: ${JSON.stringify({
    id: "chatcmpl-bench",
    object: "chat.completion.chunk",
    created: 1_700_000_000,
    model,
    choices: [{ index: 0, delta, finish_reason: finish }]
  })}\n\n`

let asked = 0

/** mulberry32: from 0 up to, but not including, 1. */
let state = seed
const random = (): number => {
  state = (state + 0x6d2b79f5) | 0
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
}
/** By Box and Muller. */
const firstTokenMs = (): number =>
  medianMs * Math.exp(sigma * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()))

const answer = (model: string, response: ServerResponse): void => {
  response.writeHead(200, { "content-type": "text/event-stream" })
  if (model === "cut") {
    response.write(chunk(model, { content: "One " }, null) + chunk(model, { content: "two " }, null))
    setTimeout(() => {
      response.write(chunk(model, { content: tokenText(nowMicros()) }, null), () => response.socket?.destroy())
    }, 5)
    return
  }
  const begin = () => {
    const usage = `data: ${JSON.stringify({ id: "x", object: "chat.completion.chunk", created: 1, model, choices: [], usage: { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 } })}\n\n`
    response.end(
      chunk(model, { content: "Hello " }, null) +
        chunk(model, { content: "there." }, null) +
        chunk(model, {}, "stop") +
        usage +
        "data: [DONE]\n\n"
    )
  }
  if (model === "quick") return begin()
  const isSlow = model === "slow" || (model === "unsteady" && asked++ % slowOneIn === slowOneIn - 1)
  setTimeout(begin, firstTokenMs() + (isSlow ? slowMs : 0))
}

const server = createServer((request, response) => {
  let body = ""
  request.on("data", (bytes) => (body += String(bytes)))
  request.on("end", () => answer((JSON.parse(body) as { model: string }).model, response))
})
server.listen(0, "127.0.0.1", 1_024, () => {
  const address = server.address()
  process.send?.({ type: "ready", port: typeof address === "object" ? address?.port : 0 })
})
