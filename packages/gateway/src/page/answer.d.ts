import type { RunFrame } from "@parley/domain/RunFrame"
import type { RunTerminal } from "@parley/domain/RunEvent"

export interface Answer {
  readonly runId: string
  messageId: string | null
  epoch: string | null
  seq: number
  model: string
  text: string
  reasoning: string
  notices: Array<string>
  terminal: RunTerminal | null
}
export const emptyAnswer: (runId: string, messageId?: string | null) => Answer
export const applyFrame: (answer: Answer, frame: RunFrame) => "applied" | "dropped" | "subscribe" | "closed" | "gone"
export const cursorOf: (answer: Answer) => { readonly epoch?: string; readonly afterSeq?: number }
