/**
 * A provider that is not always well: OpenAI's wire, streaming only. The model says how: `steady` begins after 20 ms and a little more at random,
 * `unsteady` the same, but one answer in 25 begins a second later; `cut` breaks the connection after three words, the last of which tells when.
 */
import { createServer } from "node:http"
import type { ServerResponse } from "node:http"
import { nowMicros, tokenText } from "../harness/Token.ts"

const firstTokenMs = 20
/** The mean of what is added to it, exponentially. */
const moreMs = 10
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
  const isSlow = model === "unsteady" && asked++ % slowOneIn === slowOneIn - 1
  setTimeout(begin, firstTokenMs - Math.log(1 - Math.random()) * moreMs + (isSlow ? slowMs : 0))
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
