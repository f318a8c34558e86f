/** What keeps a silent stream open. The intervals are the test's; everything else runs on real time. */
import type { ConversationId } from "@parley/domain/Ids"
import { Deferred, Effect, Exit } from "effect"
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest"
import { pingEveryMs } from "../../src/api/eventStream.ts"
import { keepAliveMs } from "../../src/openai/answerChat.ts"
import { engines } from "../server/support/engines.ts"
import { doorKeys } from "../support/doorKeys.ts"
import { answerOf, saying, words } from "../support/ScriptedCompletions.ts"
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

  it("of tokens is kept open by comments that its client does not see, and has no timer left at its end", async () => {
    const gate = Deferred.makeUnsafe<void>()
    const asked = Deferred.makeUnsafe<void>()
    doors.completions.script = (request, sink, control) =>
      Effect.gen(function* () {
        Deferred.doneUnsafe(asked, Exit.void)
        yield* Deferred.await(gate)
        yield* saying(words("late"))(request, sink, control)
        return answerOf()
      })
    const answer = fetch(`${doors.url}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization, "content-type": "application/json" },
      body: JSON.stringify({ model: "demo/echo-1", messages: [{ role: "user", content: "Hello" }], stream: true })
    })
    await Effect.runPromise(Deferred.await(asked))
    vi.advanceTimersByTime(keepAliveMs)
    const response = await answer
    vi.advanceTimersByTime(keepAliveMs)
    Deferred.doneUnsafe(gate, Exit.void)
    const text = await response.text()
    expect(text.startsWith(": keep-alive\n\n: keep-alive\n\ndata: {")).toBe(true)
    expect(text.endsWith("data: [DONE]\n\n")).toBe(true)
    expect(vi.getTimerCount()).toBe(0)
  })

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
