/** Two providers on OpenAI's wire, for pictures: `one` breaks off where it is asked to count, and `two` goes on from there. */
import { once } from "node:events"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"

const rendering = [
  "Here is how **incremental rendering** works, in short: finished blocks are *never* touched again, so a long answer costs as little as a short one. See [the notes](https://example.com/notes) or `MarkdownStream.ts`.\n\n",
  "### What happens per frame\n\n1. New text arrives and is appended to the tail.\n2. Only the last block is lexed again:\n   - paragraphs keep their identity\n   - code is coloured when its line is complete\n3. The view stays at the end.\n\n",
  "```typescript\ninterface Group<T> {\n  readonly key: string\n  readonly items: ReadonlyArray<T>\n}\n\n/** Groups a list by a key; the order of first appearance is kept. */\n",
  "export const groupBy = <T>(items: ReadonlyArray<T>, keyOf: (item: T) => string): ReadonlyArray<Group<T>> => {\n  const groups = new Map<string, Array<T>>()\n  for (const item of items) {\n    const group = groups.get(keyOf(item)) ?? []\n    groups.set(keyOf(item), [...group, item])\n  }\n  return [...groups].map(([key, all]) => ({ key, items: all }))\n}\n```\n\n",
  "| Step | Cost |\n|---|--:|\n| lex the tail | 0.2 ms |\n| commit | 0.4 ms |\n"
]

export interface Question {
  readonly text: string
  readonly pieces: ReadonlyArray<string>
}

export const questions = {
  rendering: { text: "How does incremental rendering work? Show code.", pieces: rendering },
  counting: { text: "Count from one to eight, please", pieces: ["One, two, ", "three, four, ", "five, six, ", "seven, eight."] },
  thinking: {
    text: "Which is heavier, a kilogram of feathers or of lead?",
    pieces: ["Neither: ", "a kilogram ", "is a kilogram."]
  }
} as const satisfies Record<string, Question>

/** Told before the answer to `thinking`, and to nothing else. */
const thought = "A kilogram is a mass. Lead is denser, which changes how large it is, and not how heavy."

export const models = { one: "gpt-5", two: "gpt-5-mini" } as const
/** Pieces that `one` gives of the count. */
const brokenAfter = 2

export interface DemoProvider {
  /** Of the provider of that name. */
  readonly baseUrl: (name: keyof typeof models) => string
  readonly stop: () => void
}

export const startProvider = async (): Promise<DemoProvider> => {
  const server = createServer((request, response) => {
    const name = request.url?.startsWith("/two/") === true ? "two" : "one"
    if (request.method === "POST") return void answer(name, request, response)
    response.setHeader("content-type", "application/json")
    response.end(JSON.stringify({ object: "list", data: [{ id: models[name], object: "model" }] }))
  })
  await once(server.listen(0, "127.0.0.1"), "listening")
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("the provider has no port")
  return {
    baseUrl: (name) => `http://127.0.0.1:${address.port}/${name}/v1`,
    stop: () => void (server.closeAllConnections(), server.close())
  }
}

const answer = async (name: keyof typeof models, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  let asked = ""
  for await (const part of request) asked += String(part)
  // What was asked last: the questions before it come along.
  const [isThought, isCount] = [questions.thinking, questions.counting].map(({ text }) => lastOf(asked).includes(text))
  const { pieces } = isThought ? questions.thinking : isCount ? questions.counting : questions.rendering
  const isBroken = isCount && name === "one"
  const said = !isCount ? pieces : isBroken ? pieces.slice(0, brokenAfter) : pieces.slice(brokenAfter)
  response.writeHead(200, { "content-type": "text/event-stream" })
  const tell = (choice: object, rest: object = {}) =>
    response.write(
      `data: ${JSON.stringify({ id: "chatcmpl-1", object: "chat.completion.chunk", created: 0, model: models[name], choices: [choice], ...rest })}\n\n`
    )
  if (isThought) tell({ index: 0, delta: { reasoning_content: thought }, finish_reason: null })
  for (const content of said) tell({ index: 0, delta: { content }, finish_reason: null })
  if (isBroken) {
    // What was said arrives; then the connection is cut.
    response.write("\n", () => response.destroy())
    return
  }
  const usage = { prompt_tokens: 21, completion_tokens: 240, total_tokens: 261 }
  tell({ index: 0, delta: {}, finish_reason: "stop" }, { usage })
  response.end("data: [DONE]\n\n")
}

/** Of a request's body: the newest message of a person. */
const lastOf = (body: string): string => body.slice(Math.max(body.lastIndexOf('"role":"user"'), 0))
