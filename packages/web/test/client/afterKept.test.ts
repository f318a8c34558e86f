/** What is shown of a conversation before the server has said anything: what was kept, and what is on its way. */
import { describe, expect, it } from "vitest"
import { afterKept } from "../../src/client/afterKept.ts"
import { chatMessage } from "../support/chatMessage.ts"

describe("a conversation that was kept", () => {
  it("shows what waits after what was there", () => {
    const there = chatMessage({ key: "there" })
    const waits = chatMessage({ key: "waits", delivery: "pending" })
    expect(afterKept([there], [waits])).toEqual([there, waits])
  })

  it("shows once what was kept as accepted and waits in the outbox all the same", () => {
    const kept = chatMessage({ key: "sent" })
    const waits = chatMessage({ key: "sent", delivery: "pending" })
    expect(afterKept([kept], [waits])).toEqual([waits])
  })
})
