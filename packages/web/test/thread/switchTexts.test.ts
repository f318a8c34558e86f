import { describe, expect, it } from "vitest"
import type { ChatMessage } from "../../src/client/sdk.ts"
import { switchTexts } from "../../src/features/thread/switchTexts.ts"
import { texts } from "../../src/i18n/texts.ts"
import { chatMessage } from "../support/chatMessage.ts"

type Switches = NonNullable<ChatMessage["run"]>["switches"]

const followed = (switches: Switches): ChatMessage["run"] => ({
  runId: "run_1",
  messageId: null,
  epoch: null,
  seq: 1,
  state: null,
  switches,
  toolResults: [],
  toolCallDrafts: [],
  standing: "live"
})

/** Of an answer of a route's second model: while it is followed, and by what the server keeps of it. */
const toldOf = (run: ChatMessage["run"], askedModel: string | null = "best"): ReadonlyArray<string> => {
  const message = chatMessage({ key: "a", role: "assistant", model: "two/second", askedModel, run })
  return switchTexts(texts.text(), message).map(({ text }) => text)
}

describe("an answer that another model went on with", () => {
  it.each([
    ["provider_failed", "one/first", "first failed; second went on"],
    ["slow", "one/first", "second was faster than first"],
    ["passed_over", "one/first", "first was not available; second answers"],
    ["provider_failed", "two/second", "second broke off; the answer went on"],
    ["owner restarted", "two/second", "The server was restarted; the answer went on"]
  ])("says how, while it is followed: %s", (reason, from, text) => {
    expect(toldOf(followed([{ type: "provider-switch", from, to: "two/second", reason }]))).toEqual([text])
  })

  it("says each of several in order", () => {
    const switches: Switches = [
      { type: "provider-switch", from: "one/first", to: "one/other", reason: "passed_over" },
      { type: "provider-switch", from: "one/other", to: "two/second", reason: "slow" }
    ]
    expect(toldOf(followed(switches))).toEqual(["first was not available; other answers", "second was faster than other"])
  })

  it("says later that it did; and where nobody did, nothing", () => {
    const later = ["best: second answered in place of another"]
    expect([toldOf(null), toldOf(followed([]))]).toEqual([later, later])
    expect([toldOf(null, null), toldOf(followed([]), null)]).toEqual([[], []])
  })
})
