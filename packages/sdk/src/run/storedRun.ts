/** A stored answer as the run that made it. */
import type { AssistantPart, Part } from "@parley/domain/Content"
import type { Message } from "@parley/domain/Message"
import type { RunStatus, RunTerminal } from "@parley/domain/RunEvent"
import type { RunState } from "@parley/domain/RunFrame"

export const endOf = (message: Message): RunTerminal => {
  switch (message.status) {
    case "cancelled":
      return { type: "run-cancel" }
    case "failed":
      return { type: "run-fail", ...(message.error ?? { code: "internal", message: "" }) }
    case "complete":
    case "streaming":
      return { type: "run-complete", finishReason: message.finishReason ?? "stop" }
  }
}

const statuses: Record<RunTerminal["type"], RunStatus> = {
  "run-complete": "complete",
  "run-cancel": "cancelled",
  "run-fail": "failed"
}

export const stateOf = (message: Message, terminal: RunTerminal): RunState & { readonly terminal: RunTerminal } => ({
  messageId: message.id,
  model: message.model ?? "",
  content: message.content.filter(isAssistantPart),
  usage: message.usage,
  status: statuses[terminal.type],
  terminal
})

const isAssistantPart = (part: Part): part is AssistantPart => part.type !== "image" && part.type !== "tool-result"
