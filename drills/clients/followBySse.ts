/** Follows a run over server-sent events, as a browser's `EventSource` does: it comes again with the last id, wherever a gateway is open. */
import { Schema } from "effect"
import { RunFrame } from "../../packages/domain/src/RunFrame.ts"
import { sleep } from "../harness/wait.ts"
import type { RunView } from "./RunView.ts"

const decode = Schema.decodeUnknownSync(Schema.fromJsonString(RunFrame))
const againAfterMs = 250

export const followBySse = async (view: RunView, url: () => string | undefined, key: string, signal: AbortSignal) => {
  while (!view.isOver && !signal.aborted) {
    try {
      await followOnce(view, url() ?? "", key, signal)
    } catch {
      // Broken: the next one goes on from where this was.
    }
    if (!view.isOver) await sleep(againAfterMs)
  }
}

const followOnce = async (view: RunView, url: string, key: string, signal: AbortSignal): Promise<void> => {
  const response = await fetch(`${url}/api/conversations/${view.conversationId}/runs/${view.runId}/events`, {
    signal,
    headers: {
      authorization: `Bearer ${key}`,
      ...(view.epoch === undefined ? {} : { "last-event-id": `${view.epoch}.${view.last}` })
    }
  })
  if (!response.ok || response.body === null) return
  let text = ""
  const decoder = new TextDecoder()
  for await (const bytes of response.body) {
    text += decoder.decode(bytes, { stream: true })
    const events = text.split("\n\n")
    text = events.pop() ?? ""
    for (const event of events) {
      const data = /^data: (.*)$/m.exec(event)?.[1]
      if (data !== undefined && !view.receive(decode(data))) return
    }
  }
}
