/** Many conversations, a socket and a run each, all at once: counts what arrives, how late, and whether it is all there. */
import { Histogram } from "../harness/Statistics.ts"
import { nowMicros } from "../harness/Token.ts"
import { Conversation } from "./Conversation.ts"
import type { Counters } from "./Conversation.ts"
import { createConversations } from "./createConversations.ts"
import { inParallel } from "./inParallel.ts"
import type { Message } from "../harness/Child.ts"

export interface TokenLoad extends Message {
  readonly type: "run"
  readonly port: number
  readonly key: string
  readonly runs: number
  readonly model: string
  /** What each run must have delivered when it is complete. */
  readonly tokens: number
  readonly warmupMs: number
  readonly measureMs: number
}

const opening = 64
/** Sends under way at once, while the runs start. */
const sending = 24
/** After the window: for the rest of the answers, and their storing. */
const restTimeoutMs = 180_000

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const run = async (load: TokenLoad): Promise<void> => {
  let fail: (error: Error) => void = () => {}
  const failure = new Promise<never>((_, reject) => {
    fail = reject
  })
  await Promise.race([failure, measured(load, (message) => fail(new Error(message)))])
}

const measured = async (load: TokenLoad, onFailure: (message: string) => void): Promise<void> => {
  const histogram = new Histogram()
  const counters: Counters = { tokens: 0, frames: 0, snapshots: 0, retries: 0, latencies: undefined }
  const ids = await createConversations(load.port, load.key, load.runs)
  const conversations = await inParallel(opening, ids, (conversationId) =>
    Conversation.open({ port: load.port, key: load.key, conversationId, counters, onFailure })
  )
  await inParallel(opening, conversations, (conversation) => conversation.command("follow", {}))
  await inParallel(sending, conversations, (conversation, i) => conversation.send(load.model, `bench-${i}`))
  process.send?.({ type: "accepted" })
  await new Promise((resolve) => process.once("message", resolve))
  await sleep(load.warmupMs)

  counters.tokens = counters.frames = counters.snapshots = 0
  counters.latencies = histogram
  process.send?.({ type: "mark" })
  process.send?.({ type: "window" })
  const startedAt = nowMicros()
  const cpuBefore = process.cpuUsage()
  await sleep(load.measureMs)
  process.send?.({ type: "end" })
  counters.latencies = undefined
  const seconds = (nowMicros() - startedAt) / 1e6
  const cpu = process.cpuUsage(cpuBefore)
  const { frames, snapshots, tokens } = counters
  process.send?.({ type: "counted", frames, snapshots })

  const deadline = Date.now() + restTimeoutMs
  while (conversations.some((conversation) => conversation.terminal === undefined)) {
    if (Date.now() > deadline) throw new Error(`${conversations.filter((c) => c.terminal === undefined).length} runs did not end`)
    await sleep(100)
  }
  for (const conversation of conversations) {
    const { terminal } = conversation
    if (terminal !== "run-complete" && terminal !== "snapshot") throw new Error(`a run ended with ${terminal}`)
    if (conversation.tokens !== load.tokens) throw new Error(`a run delivered ${conversation.tokens} tokens of ${load.tokens}`)
    conversation.close()
  }
  process.send?.({
    type: "result",
    requests: load.runs,
    tokens,
    seconds,
    loadCpu: (cpu.user + cpu.system) / 1e6 / seconds,
    p50Ms: Number.NaN,
    p99Ms: Number.NaN,
    tokenP50Ms: histogram.percentileMs(50),
    tokenP99Ms: histogram.percentileMs(99)
  })
}

process.on("message", (message: TokenLoad) => {
  if (message.type !== "run") return
  run(message).catch((error: unknown) => process.send?.({ type: "failure", message: String(error) }))
})
process.send?.({ type: "ready", port: 0 })
