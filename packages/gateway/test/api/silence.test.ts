/** What keeps a silent stream of a run's events open. The intervals are the test's; everything else runs on real time. */
import type { ConversationId } from "@parley/domain/Ids"
import { Effect } from "effect"
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest"
import { pingEveryMs } from "../../src/api/eventStream.ts"
import { engines } from "../server/support/engines.ts"
import { doorKeys } from "../support/doorKeys.ts"
import type { DoubleRun } from "../support/socketConversations.ts"
import { startDoors, type Doors } from "../support/startDoors.ts"

describe.each(engines)("a silent stream, on %s", (engine) => {
  let doors: Doors
  beforeAll(async () => {
    doors = await startDoors(engine)
  })
  afterAll(() => doors.close())
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] }))
  afterEach(() => void vi.useRealTimers())

  const authorization = `Bearer ${doorKeys.member}`

  it("of a run's events is pinged, and has no timer left at its end", async () => {
    const begun: Array<DoubleRun> = []
    doors.conversations.onRun = (run) => void begun.push(run)
    const id: ConversationId = await Effect.runPromise(doors.conversations.addConversation())
    await doors.ask("POST", `/api/conversations/${id}/messages`, {
      clientMessageId: "m",
      content: [{ type: "text", text: "Hello" }]
    })
    const [run] = begun
    if (run === undefined) throw new Error("no run")
    const response = await fetch(`${doors.url}/api/conversations/${id}/runs/${run.runId}/events`, { headers: { authorization } })
    while (vi.getTimerCount() === 0) await new Promise((resolve) => setImmediate(resolve))
    vi.advanceTimersByTime(pingEveryMs)
    doors.conversations.complete(run)
    expect(await response.text()).toContain("\n\n: ping\n\n")
    while (vi.getTimerCount() > 0) await new Promise((resolve) => setImmediate(resolve))
  })
})
