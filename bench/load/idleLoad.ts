/** Makes what then does nothing: sockets that say no word, or conversations that were used once. */
import { createConversations } from "./createConversations.ts"
import { inParallel } from "./inParallel.ts"
import { SocketClient } from "./SocketClient.ts"
import type { Message } from "../harness/Child.ts"

export interface IdleLoad extends Message {
  readonly type: "sockets" | "conversations"
  readonly port: number
  readonly key: string
  readonly count: number
}

const opening = 64
const kept: Array<SocketClient> = []

const openSocket = (load: IdleLoad): Promise<void> =>
  new Promise((resolve, reject) => {
    kept.push(
      new SocketClient({
        port: load.port,
        key: load.key,
        onFrame: () => resolve(),
        onLost: (reason) => reject(new Error(reason))
      })
    )
  })

/** Each is woken by one message without an answer; then nobody follows it. */
const wake = async (load: IdleLoad): Promise<void> => {
  const ids = await createConversations(load.port, load.key, load.count)
  await inParallel(opening, ids, async (conversationId, i) => {
    const answer = await fetch(`http://127.0.0.1:${load.port}/api/conversations/${conversationId}/messages`, {
      method: "POST",
      headers: { authorization: `Bearer ${load.key}`, "content-type": "application/json" },
      body: JSON.stringify({
        clientMessageId: `idle-${i}`,
        reply: false,
        content: [{ type: "text", text: "A note to ourselves." }]
      })
    })
    if (!answer.ok) throw new Error(`not woken: ${answer.status} ${await answer.text()}`)
    await answer.arrayBuffer()
  })
}

process.on("message", (load: IdleLoad) => {
  const made =
    load.type === "sockets"
      ? inParallel(opening, Array.from({ length: load.count }), () => openSocket(load))
      : load.type === "conversations"
        ? wake(load)
        : Promise.resolve()
  made.then(
    () => process.send?.({ type: "made" }),
    (error: unknown) => process.send?.({ type: "failure", message: String(error) })
  )
})
process.send?.({ type: "ready", port: 0 })
