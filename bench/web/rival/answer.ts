/** Streams a chat completion, and gives what there is of it after each read. */
import type { ChatModelRunOptions, ChatModelRunResult } from "@assistant-ui/react"

/** From the page's address: `?model=…`. */
const model = new URLSearchParams(location.search).get("model")

export async function* answer({ abortSignal, messages }: ChatModelRunOptions): AsyncGenerator<ChatModelRunResult, void> {
  const response = await fetch("/v1/chat/completions", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      model,
      stream: true,
      messages: messages.map(({ content, role }) => ({
        role,
        content: content.map((part) => (part.type === "text" ? part.text : "")).join("")
      }))
    }),
    signal: abortSignal
  })
  if (response.body === null) throw new Error(`no answer: ${response.status}`)
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ""
  let text = ""
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    const lines = (rest + value).split("\n")
    rest = lines.pop() ?? ""
    const before = text.length
    for (const line of lines) text += deltaOf(line)
    if (text.length > before) yield { content: [{ type: "text", text }] }
  }
}

const deltaOf = (line: string): string => {
  if (!line.startsWith("data: {")) return ""
  const event: unknown = JSON.parse(line.slice(6))
  const delta: unknown = Reflect.get(Object(Reflect.get(Object(Reflect.get(Object(event), "choices")), 0)), "delta")
  const content: unknown = Reflect.get(Object(delta), "content")
  return typeof content === "string" ? content : ""
}
