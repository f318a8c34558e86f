/** Which tool results are shown with which message. */
import { describe, expect, it } from "vitest"
import type { ChatMessage, Part } from "../../src/client/sdk.ts"
import { toolResultsOf } from "../../src/features/thread/toolResults.ts"
import { chatMessage } from "../support/chatMessage.ts"

const message = (key: string, ...content: ReadonlyArray<Part>): ChatMessage => chatMessage({ key, content })
const call = (id: string): Part => ({ type: "tool-call", id, name: "look_up", arguments: "{}" })
const result = (toolCallId: string, content: string): Part => ({ type: "tool-result", toolCallId, content })

const shown = (messages: ReadonlyArray<ChatMessage>) =>
  Object.fromEntries([...toolResultsOf(messages)].map(([key, results]) => [key, results.map(({ content }) => content)]))

describe("a tool result", () => {
  it("is shown with the call it answers, also when the results come one by one", () => {
    const messages = [message("asks", call("1"), call("2")), message("r1", result("2", "b")), message("r2", result("1", "a"))]
    expect(shown(messages)).toEqual({ asks: ["b", "a"] })
  })

  it("goes with the last call of its id: some providers count anew with each answer", () => {
    const messages = [
      message("asks", call("0")),
      message("r1", result("0", "first")),
      message("asks again", call("0")),
      message("r2", result("0", "second"))
    ]
    expect(shown(messages)).toEqual({ asks: ["first"], "asks again": ["second"] })
  })

  it("stays with its message where there is no such call before it, or where it was answered already", () => {
    const messages = [
      message("early", result("1", "too early")),
      message("asks", call("1")),
      message("twice", result("1", "counts"), result("1", "does not"))
    ]
    expect(shown(messages)).toEqual({ early: ["too early"], asks: ["counts"], twice: ["does not"] })
  })

  it("gives back the same list as long as nothing changed in it: its row is not rendered again", () => {
    const asks = message("asks", call("1"), call("2"))
    const first = message("r1", result("1", "a"))
    const before = toolResultsOf([asks, first])
    const after = (...more: ReadonlyArray<ChatMessage>) => toolResultsOf([asks, first, ...more], before).get("asks")
    expect(after(message("says", { type: "text", text: "Well" }))).toBe(before.get("asks"))
    expect(after(message("r2", result("2", "b")))).not.toBe(before.get("asks"))
  })
})
