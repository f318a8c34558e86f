/** Preloaded into a server under test: tells its heap after a collection when it is asked. The server itself knows nothing of it. */
import type { Message } from "./Child.ts"

process.on("message", (message: Message) => {
  if (message.type !== "heap") return
  globalThis.gc?.()
  const { heapUsed, external, rss } = process.memoryUsage()
  process.send?.({ type: "heap", heapUsed, external, rss, collected: globalThis.gc !== undefined })
})
// The channel must not keep a program alive that wants to end.
process.channel?.unref()
