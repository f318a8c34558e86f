/**
 * A provider of the drills: OpenAI's wire, one word every `wordMs`, and a text that its question alone decides. It counts the calls for
 * each question, and goes on with a partial answer at the very place where that ended.
 */
import { createServer } from "node:http"
import type { IncomingMessage, Server, ServerResponse } from "node:http"

/** A question is `drill NAME WORDS`: its answer has so many words. */
const question = /drill (\S+) (\d+)$/

const letters = ["ä", "b", "ç", "d", "é", "ƒ", "g", "ħ", "í", "漢", "k", "🙂", "m"]

/** The answer to a question; every word is another, so that none can be lost or told twice unseen. */
export const answerText = (name: string, words: number): string => {
  const all: Array<string> = [`${name}:`]
  for (let n = 1; n < words; n++) all.push(`${letters[(n * 7 + name.length) % letters.length]}${n}`)
  return all.join(" ")
}

interface Talk {
  readonly response: ServerResponse
  readonly model: string
  readonly words: ReadonlyArray<string>
  readonly withUsage: boolean
  said: number
}

export class Provider {
  /** Calls for each question, by its name. */
  readonly calls = new Map<string, number>()
  /** Partial answers that were not the beginning of the answer: somebody lost or doubled text before they asked. */
  readonly strangePartials: Array<string> = []

  readonly #server: Server
  readonly #timer: NodeJS.Timeout
  readonly #talks = new Set<Talk>()

  constructor(wordMs: number) {
    this.#server = createServer((request, response) => void this.#serve(request, response))
    this.#timer = setInterval(() => {
      for (const talk of this.#talks) this.#speak(talk)
    }, wordMs)
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", () => resolve()))
    const address = this.#server.address()
    return `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}/v1`
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    this.#server.closeAllConnections()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await textOf(request)
    if (request.method === "GET") return sendJson(response, { object: "list", data: [{ id: "gpt-5", object: "model" }] })
    const asked = JSON.parse(body)
    const { name, partial, words } = readQuestion(asked.messages)
    this.calls.set(name, (this.calls.get(name) ?? 0) + 1)
    const whole = answerText(name, words)
    if (!whole.startsWith(partial)) this.strangePartials.push(name)
    const rest = whole.slice(partial.length)
    response.writeHead(200, { "content-type": "text/event-stream" })
    const talk: Talk = {
      response,
      model: asked.model,
      words: rest.match(/\s*\S+/g) ?? [],
      withUsage: asked.stream_options?.include_usage === true,
      said: 0
    }
    this.#talks.add(talk)
    response.once("close", () => this.#talks.delete(talk))
    response.write(chunk(talk.model, { role: "assistant", content: "" }, null))
  }

  #speak(talk: Talk): void {
    const word = talk.words[talk.said++]
    if (word !== undefined) {
      talk.response.write(chunk(talk.model, { content: word }, null))
      return
    }
    this.#talks.delete(talk)
    talk.response.write(chunk(talk.model, {}, "stop"))
    if (talk.withUsage) {
      const usage = { prompt_tokens: 9, completion_tokens: talk.said, total_tokens: 9 + talk.said }
      talk.response.write(
        event({ id: "drill", object: "chat.completion.chunk", created: 1, model: talk.model, choices: [], usage })
      )
    }
    talk.response.end("data: [DONE]\n\n")
  }
}

const event = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`
const chunk = (model: string, delta: object, finish: string | null): string =>
  event({
    id: "drill",
    object: "chat.completion.chunk",
    created: 1,
    model,
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }]
  })

interface WireMessage {
  readonly role: string
  readonly content: string | ReadonlyArray<{ readonly text?: string }>
}

/** The last question, and what of its answer is there already. */
const readQuestion = (messages: ReadonlyArray<WireMessage>) => {
  const texts = messages.map(({ content, role }) => ({
    role,
    text: typeof content === "string" ? content : content.map((part) => part.text ?? "").join("")
  }))
  const at = texts.findLastIndex(({ role, text }) => role === "user" && question.test(text))
  const found = question.exec(texts[at]?.text ?? "")
  const after = texts[at + 1]
  return {
    name: found?.[1] ?? "unknown",
    words: Number(found?.[2] ?? 1),
    partial: after?.role === "assistant" ? after.text : ""
  }
}

const textOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Array<Uint8Array> = []
  for await (const piece of request) chunks.push(piece)
  return Buffer.concat(chunks).toString("utf8")
}

const sendJson = (response: ServerResponse, body: object): void => {
  response.writeHead(200, { "content-type": "application/json" })
  response.end(JSON.stringify(body))
}
