/** Preloaded into a server under test: tells its heap after a collection when it is asked. The server itself knows nothing of it. */
import type { Message } from "./Child.ts"

/** More short-lived objects than there is room for young ones, so that all of that room is resident whenever it is read. */
const churn = (): number => {
  let length = 0
  for (let i = 0; i < 4_000_000; i++) length += [i, i, i, i, i, i, i, i].length
  return length
}

process.on("message", (message: Message) => {
  if (message.type !== "heap") return
  churn()
  // As when memory is short: pages that are half empty are put together. How many there are is chance, up to 7 KB a conversation.
  void globalThis.gc?.({ type: "major", execution: "sync", flavor: "last-resort" })
  const { heapUsed, external, rss } = process.memoryUsage()
  process.send?.({ type: "heap", heapUsed, external, rss, collected: globalThis.gc !== undefined })
})
// The channel must not keep a program alive that wants to end.
process.channel?.unref()
