/** One send after another on an idle server: how long until the first token, on Parley's socket and on the mock's own stream. */
import { connect } from "node:net"
import { Histogram } from "../harness/Statistics.ts"
import { nowMicros } from "../harness/Token.ts"
import { Conversation } from "./Conversation.ts"
import { createConversations } from "./createConversations.ts"
import type { Message } from "../harness/Child.ts"

export interface FirstTokenLoad extends Message {
  readonly type: "run"
  readonly port: number
  readonly key: string
  readonly mockPort: number
  readonly model: string
  readonly warmups: number
  readonly sends: number
}

/** From request to the first byte of the first token, in microseconds. */
const askMock = (load: FirstTokenLoad): ((answered: (micros: number) => void) => void) => {
  const body = JSON.stringify({ model: load.model, stream: true, messages: [{ role: "user", content: "Say hello." }] })
  const request = `POST /v1/chat/completions HTTP/1.1\r\nhost: mock\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`
  const socket = connect({ port: load.mockPort, host: "127.0.0.1", noDelay: true })
  let sentAt = 0
  let answer: (micros: number) => void = () => {}
  let first = 0
  socket.on("data", (bytes) => {
    if (first === 0 && bytes.includes(0x7e)) first = nowMicros()
    if (bytes.includes("data: [DONE]")) answer(first - sentAt)
  })
  return (answered) => {
    answer = answered
    first = 0
    sentAt = nowMicros()
    socket.write(request)
  }
}

/** From `send` to the first token, and the next only when the run is over. */
const askParley = async (conversation: Conversation, load: FirstTokenLoad, id: string): Promise<number> => {
  const ended = new Promise<void>((resolve) => {
    conversation.onTerminal = resolve
  })
  const sentAt = nowMicros()
  await conversation.send(load.model, id)
  await ended
  if (conversation.terminal !== "run-complete") throw new Error(`a run ended with ${conversation.terminal}`)
  return conversation.firstTokenAt - sentAt
}

const run = async (load: FirstTokenLoad): Promise<void> => {
  let failed: string | undefined
  const counters = { tokens: 0, frames: 0, snapshots: 0, retries: 0, latencies: undefined }
  const onFailure = (message: string) => {
    failed ??= message
  }
  const parley = new Histogram()
  const mock = new Histogram()
  const ask = askMock(load)
  const ids = await createConversations(load.port, load.key, load.warmups + load.sends)
  for (const [i, conversationId] of ids.entries()) {
    const conversation = await Conversation.open({ port: load.port, key: load.key, conversationId, counters, onFailure })
    await conversation.command("follow", {})
    const micros = await askParley(conversation, load, `first-${i}`)
    conversation.close()
    const own = await new Promise<number>((resolve) => ask(resolve))
    if (failed !== undefined) throw new Error(failed)
    if (i < load.warmups) continue
    parley.add(micros)
    mock.add(own)
  }
  process.send?.({
    type: "result",
    parleyP50: parley.percentileMs(50),
    parleyP99: parley.percentileMs(99),
    mockP50: mock.percentileMs(50),
    mockP99: mock.percentileMs(99)
  })
}

process.on("message", (message: FirstTokenLoad) => {
  if (message.type !== "run") return
  run(message).catch((error: unknown) => process.send?.({ type: "failure", message: String(error) }))
})
process.send?.({ type: "ready", port: 0 })
