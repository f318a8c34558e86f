/** The events of a run, numbered by its conversation's actor with a contiguous `seq` from 1. */
import { Schema } from "effect"
import { MessageId, RunId } from "./Ids.ts"
import { FinishReason, ProviderSwitch, ReasoningDelta, TextDelta, ToolCall, ToolCallDelta } from "./ModelEvent.ts"
import { Usage } from "./Usage.ts"

export const RunStart = Schema.Struct({
  type: Schema.Literal("run-start"),
  messageId: MessageId,
  model: Schema.String
})
export const ToolResult = Schema.Struct({
  type: Schema.Literal("tool-result"),
  toolCallId: Schema.String,
  content: Schema.String,
  isError: Schema.Boolean
})
export const RunUsage = Schema.Struct({ type: Schema.Literal("usage"), usage: Usage })
export const RunComplete = Schema.Struct({ type: Schema.Literal("run-complete"), finishReason: FinishReason })
/** Stopped by a person or a program; the partial text is kept. */
export const RunCancel = Schema.Struct({ type: Schema.Literal("run-cancel") })
/** `code` is that of `ErrorTraits`; the partial text is kept. */
export const RunFail = Schema.Struct({
  type: Schema.Literal("run-fail"),
  code: Schema.String,
  message: Schema.String
})

export const RunTerminal = Schema.Union([RunComplete, RunCancel, RunFail])
export type RunTerminal = typeof RunTerminal.Type

export const RunEvent = Schema.Union([
  RunStart,
  TextDelta,
  ReasoningDelta,
  ToolCallDelta,
  ToolCall,
  ToolResult,
  ProviderSwitch,
  RunUsage,
  RunComplete,
  RunCancel,
  RunFail
])
export type RunEvent = typeof RunEvent.Type

export const isTerminal = (event: RunEvent): event is RunTerminal =>
  event.type === "run-complete" || event.type === "run-cancel" || event.type === "run-fail"

export const RunStatus = Schema.Literals(["running", "complete", "cancelled", "failed"])
export type RunStatus = typeof RunStatus.Type

/** Where a run stands. */
export const RunRef = Schema.Struct({ runId: RunId, messageId: MessageId, status: RunStatus })
export type RunRef = typeof RunRef.Type
