/** Guards of what messages are made of. */
import type {
  Part,
  AssistantPart,
  FilePart,
  ImagePart,
  ReasoningPart,
  TextPart,
  ToolCallPart,
  ToolResultPart
} from "@parley/domain/Content"
import type { Conversation, Member, Message } from "@parley/domain/Message"
import type { RunRef, RunTerminal } from "@parley/domain/RunEvent"
import type { RunState } from "@parley/domain/RunFrame"
import type { Usage } from "@parley/domain/Usage"
import type { Page } from "@parley/domain/Conversations"
import { arrayOf, boolean, isRecord, literal, nullOr, number, record, struct, tagged, text, textOrNull } from "./guard.ts"
import type { Guard } from "./guard.ts"

const textPart = struct<TextPart>({ type: text, text })
const reasoningPart = struct<ReasoningPart>({ type: text, text }, { signature: text })
const toolCallPart = struct<ToolCallPart>({ type: text, id: text, name: text, arguments: text })

const part = tagged<Part>({
  text: textPart,
  image: struct<ImagePart>({ type: text, url: text }, { detail: text }),
  file: struct<FilePart>({ type: text, attachmentId: text, name: text, contentType: text, bytes: number }),
  reasoning: reasoningPart,
  "tool-call": toolCallPart,
  "tool-result": struct<ToolResultPart>({ type: text, toolCallId: text, content: text }, { isError: boolean })
})
const assistantPart = tagged<AssistantPart>({ text: textPart, reasoning: reasoningPart, "tool-call": toolCallPart })

export const usage = struct<Usage>(
  {
    inputTokens: number,
    cachedInputTokens: number,
    cacheWriteTokens: number,
    outputTokens: number,
    reasoningTokens: number
  },
  { costNanoDollars: number, isEstimated: literal(true) }
)

export const message = struct<Message>(
  {
    id: text,
    conversationId: text,
    parentId: textOrNull,
    role: text,
    authorId: textOrNull,
    content: arrayOf(part),
    status: text,
    runId: textOrNull,
    model: textOrNull,
    finishReason: textOrNull,
    usage: nullOr(usage),
    error: nullOr(struct<NonNullable<Message["error"]>>({ code: text, message: text })),
    lastSeq: nullOr(number),
    createdAtMs: number
  },
  { answeredBy: textOrNull, askedModel: textOrNull }
)

export const conversation = struct<Conversation>({
  id: text,
  title: text,
  model: text,
  systemPrompt: textOrNull,
  parameters: record,
  createdBy: text,
  createdAtMs: number,
  updatedAtMs: number
})

export const member = struct<Member>({ principalId: text, displayName: text, role: text, joinedAtMs: number })

export const runRef = struct<RunRef>({ runId: text, messageId: text, status: text })

export const runTerminal = tagged<RunTerminal>({
  "run-complete": struct({ type: text, finishReason: text }),
  "run-cancel": struct({ type: text }),
  "run-fail": struct({ type: text, code: text, message: text })
})

export const runState = struct<RunState>({
  messageId: text,
  model: text,
  content: arrayOf(assistantPart),
  usage: nullOr(usage),
  status: text,
  terminal: nullOr(runTerminal)
})

export const page = <T>(item: Guard<T>): Guard<Page<T>> => {
  const items = arrayOf(item)
  return (value): value is Page<T> => isRecord(value) && items(value["items"]) && textOrNull(value["nextCursor"])
}
