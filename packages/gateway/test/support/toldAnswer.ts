/** Random answers of models, and the events by which a provider would tell them. */
import { redactedPrefix, type AssistantPart } from "@parley/domain/Content"
import { foldRunEvents, initialRunState } from "@parley/domain/foldRun"
import { MessageId } from "@parley/domain/Ids"
import type { ModelEvent } from "@parley/domain/ModelEvent"
import { Schema } from "effect"

const Thought = Schema.Struct({
  kind: Schema.Literals(["text", "thinking", "signed", "hidden"]),
  text: Schema.String
})
const Call = Schema.Struct({ kind: Schema.Literals(["call", "whole-call"]), arguments: Schema.Struct({ city: Schema.String }) })

export const ToldAnswer = Schema.Struct({
  parts: Schema.Array(Schema.Union([Thought, Call])).check(Schema.isMaxLength(8)),
  /** Characters of a piece. */
  pieceLength: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 9 })),
  /** Events of one read of the provider's. */
  readLength: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 5 }))
})
export type ToldAnswer = typeof ToldAnswer.Type

const pieces = (text: string, length: number): ReadonlyArray<string> => text.match(new RegExp(`[^]{1,${length}}`, "g")) ?? []

const eventsOf = ({ parts, pieceLength }: ToldAnswer): ReadonlyArray<ModelEvent> => {
  let calls = 0
  return parts.flatMap((part): ReadonlyArray<ModelEvent> => {
    switch (part.kind) {
      case "text":
        return pieces(part.text, pieceLength).map((text) => ({ type: "text-delta", text }))
      case "thinking":
        return pieces(part.text, pieceLength).map((text) => ({ type: "reasoning-delta", text }))
      case "signed":
        return [
          ...pieces(part.text, pieceLength).map((text) => ({ type: "reasoning-delta" as const, text })),
          { type: "reasoning-delta", text: "", signature: `s${part.text}` }
        ]
      case "hidden":
        return [{ type: "reasoning-delta", text: "", signature: `${redactedPrefix}${part.text}` }]
      case "call":
      case "whole-call": {
        const index = calls++
        const id = `call_${index}`
        const text = JSON.stringify(part.arguments)
        const deltas: ReadonlyArray<ModelEvent> =
          part.kind === "whole-call"
            ? []
            : [
                { type: "tool-call-delta", index, id, name: "weather", arguments: "" },
                ...pieces(text, pieceLength).map((piece) => ({ type: "tool-call-delta" as const, index, arguments: piece }))
              ]
        return [...deltas, { type: "tool-call", index, id, name: "weather", arguments: text }]
      }
    }
  })
}

const isRunEvent = (event: ModelEvent) => event.type !== "finish" && event.type !== "usage"

/** What was told, read by read, and what it comes to. */
export const tell = (
  answer: ToldAnswer
): { readonly reads: ReadonlyArray<ReadonlyArray<ModelEvent>>; readonly content: ReadonlyArray<AssistantPart> } => {
  const events = eventsOf(answer)
  const reads: Array<ReadonlyArray<ModelEvent>> = []
  for (let at = 0; at < events.length; at += answer.readLength) reads.push(events.slice(at, at + answer.readLength))
  const { content } = foldRunEvents(initialRunState(MessageId.make(`msg_${"0".repeat(26)}`), "echo-1"), events.filter(isRunEvent))
  return { reads, content }
}
