/** A conversation as providers want it whose roles take turns: results of tools are the user's there, before everything else of a turn. */
import type { AssistantPart, ToolResultPart, UserPart } from "@parley/domain/Content"
import type { ModelMessage } from "@parley/domain/ModelRequest"

export type SaidPart = AssistantPart | Exclude<UserPart, ToolResultPart>

interface Turn<Block> {
  readonly role: "user" | "assistant"
  readonly results: Array<Block>
  readonly rest: Array<Block>
}

/** Turns without a block are left out, and what the system says is not among them. */
export const turnsOf = <Block>(
  messages: ReadonlyArray<ModelMessage>,
  encode: { readonly result: (part: ToolResultPart) => Block; readonly said: (part: SaidPart) => ReadonlyArray<Block> }
): Array<{ role: "user" | "assistant"; content: Array<Block> }> => {
  const turns: Array<Turn<Block>> = []
  for (const message of messages) {
    if (message.role === "system") continue
    const role = message.role === "assistant" ? "assistant" : "user"
    let turn = turns.at(-1)
    if (turn?.role !== role) {
      turn = { role, results: [], rest: [] }
      turns.push(turn)
    }
    for (const part of message.content) {
      if (part.type === "tool-result") turn.results.push(encode.result(part))
      else turn.rest.push(...encode.said(part))
    }
  }
  return turns
    .map(({ results, rest, role }) => ({ role, content: [...results, ...rest] }))
    .filter(({ content }) => content.length > 0)
}
