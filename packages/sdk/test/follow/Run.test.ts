import { assert, describe, it } from "@effect/vitest"
import { ParleyApiError, ParleyConnectionError, textOf } from "../../src/sdk.ts"
import type { Run, RunUpdate } from "../../src/sdk.ts"
import { conversationId, idOf } from "../support/ModelServer.ts"
import { settled } from "../support/VirtualPlatform.ts"
import { answer, opened, welcome } from "../support/virtualClient.ts"

const ref = { conversationId, runId: idOf("run", 1) }
const epoch = idOf("epo", 1)
const messageId = idOf("msg", 4)
const start = { type: "run-start", messageId, model: "demo/echo" }

const stored = {
  id: messageId,
  conversationId,
  parentId: null,
  role: "assistant",
  authorId: null,
  content: [{ type: "text", text: "stored" }],
  status: "complete",
  runId: ref.runId,
  model: "demo/echo",
  finishReason: "stop",
  usage: null,
  error: null,
  lastSeq: 5,
  createdAtMs: 1
}

const followed = async (limits = {}) => {
  const made = await opened({ limits })
  const chat = made.client.conversation(conversationId)
  const run = chat.run(ref.runId)
  let last = 0
  const say = (...events: ReadonlyArray<object>) => {
    made.platform.socket.receive({ type: "delta", ...ref, epoch, seq: last + 1, count: events.length, events })
    last += events.length
  }
  return { ...made, chat, run, say }
}

const all = async (run: Run): Promise<ReadonlyArray<RunUpdate>> => {
  const updates: Array<RunUpdate> = []
  for await (const update of run.events()) updates.push(update)
  return updates
}

describe("a run", () => {
  it("gives its events in order and its terminal last, and to a late reader a snapshot and the terminal", async () => {
    const { run, say } = await followed()
    const reading = all(run)
    say(start, { type: "reasoning-delta", text: "hm" }, { type: "text-delta", text: "Yes" })
    say({ type: "run-complete", finishReason: "stop" })
    assert.deepStrictEqual(
      (await reading).map(({ type }) => type),
      ["run-start", "reasoning-delta", "text-delta", "run-complete"]
    )
    assert.deepStrictEqual(
      (await all(run)).map(({ type }) => type),
      ["snapshot", "run-complete"]
    )
    assert.strictEqual((await run.finished()).status, "complete")
  })

  it("is found under the name that React Native's compiler looks for where an engine has no `Symbol.asyncIterator`", async () => {
    const { run, say } = await followed()
    const events = run.events()
    const iterator: AsyncIterator<RunUpdate> = Reflect.apply(Reflect.get(events, "@@asyncIterator"), events, [])
    say(start)
    assert.strictEqual((await iterator.next()).value?.type, "run-start")
  })

  it("notes tool calls while they are written, their results, and switches of provider", async () => {
    const { run, say } = await followed()
    say(start, { type: "tool-call-delta", index: 0, id: "call_1", name: "search", arguments: '{"q":' })
    say({ type: "tool-call-delta", index: 0, arguments: '"tea"}' })
    assert.deepStrictEqual(run.getSnapshot().toolCallDrafts, [
      { index: 0, id: "call_1", name: "search", arguments: '{"q":"tea"}' }
    ])
    say({ type: "tool-call", index: 0, id: "call_1", name: "search", arguments: '{"q":"tea"}' })
    say({ type: "tool-result", toolCallId: "call_1", content: "green", isError: false })
    say({ type: "provider-switch", from: "a/x", to: "b/y", reason: "a failed" })
    const { state, switches, toolCallDrafts, toolResults } = run.getSnapshot()
    assert.deepStrictEqual([toolCallDrafts.length, toolResults.length, switches[0]?.to, state?.model], [0, 1, "b/y", "b/y"])
  })

  const owner = { type: "provider-switch", from: "demo/echo", to: "demo/echo", reason: "owner restarted" }
  const failed = { type: "run-fail", code: "unavailable", message: "The process that wrote this answer was lost" }
  const next = { ...ref, epoch: idOf("epo", 2) }
  const running = { messageId, model: "demo/echo", content: [], usage: null, status: "running", terminal: null }
  const more = (...events: ReadonlyArray<object>) => ({ type: "delta", ...next, seq: 3, count: events.length, events })
  const stood = (seq: number, state: object) => ({ type: "snapshot", ...next, seq, state: { ...running, ...state } })
  const complete = { type: "run-complete", finishReason: "stop" }
  const usage = { inputTokens: 8, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 2, reasoningTokens: 0 }
  for (const [what, frames, noted] of [
    ["nothing where that is all that is known", [], []],
    ["it where that says more", [more({ type: "text-delta", text: "after" })], [owner]],
    ["it once where that says itself who it is", [more(owner, { type: "text-delta", text: "after" })], [owner]],
    ["it where that ended it", [stood(4, { status: "complete", terminal: complete })], [owner]],
    ["it where the stored answer is whole", [{ type: "closed", ...ref, message: stored, terminal: complete }], [owner]],
    ["nothing where that closes it as lost", [more(failed)], []],
    ["nothing where that tells first what the lost one is billed for", [more({ type: "usage", usage }, failed)], []],
    ["nothing where that has closed it as lost", [stood(3, { status: "failed", terminal: failed })], []],
    [
      "nothing where the stored answer was lost",
      [{ type: "closed", ...ref, message: { ...stored, status: "failed", error: failed }, terminal: failed }],
      []
    ]
  ] as const) {
    it(`given the snapshot of another owner, notes ${what}`, async () => {
      const { platform, run, say } = await followed()
      say(start, { type: "text-delta", text: "Before" })
      platform.socket.receive({ type: "snapshot", ...ref, epoch, seq: 2, state: running })
      platform.socket.receive(stood(2, {}))
      for (const frame of frames) platform.socket.receive(frame)
      assert.deepStrictEqual<ReadonlyArray<object>>(run.getSnapshot().switches, noted)
    })
  }

  for (const [what, terminal, noted] of [
    ["that has ended it notes it", complete, [owner]],
    ["that has closed it as lost notes nothing", failed, []]
  ] as const) {
    it(`given only the snapshot of another owner ${what}`, async () => {
      const { platform, run, say } = await followed()
      say(start, { type: "text-delta", text: "Before" })
      platform.socket.receive(stood(4, { status: terminal === failed ? "failed" : "complete", terminal }))
      assert.deepStrictEqual<ReadonlyArray<object>>(run.getSnapshot().switches, noted)
    })
  }

  for (const [name, reasons, noted] of [
    ["each time that one model broke off", ["provider_failed", "provider_failed"], ["provider_failed", "provider_failed"]],
    [
      "another owner after a model that broke off",
      ["provider_failed", "owner restarted"],
      ["provider_failed", "owner restarted"]
    ],
    [
      "a model that broke off after another owner",
      ["owner restarted", "provider_failed"],
      ["owner restarted", "provider_failed"]
    ],
    ["other owners one after the other once", ["owner restarted", "owner restarted"], ["owner restarted"]]
  ] as const) {
    it(`notes of switches from a model to itself ${name}`, async () => {
      const { run, say } = await followed()
      say(start, { type: "text-delta", text: "One" })
      for (const reason of reasons) say({ type: "provider-switch", from: "demo/echo", to: "demo/echo", reason })
      assert.deepStrictEqual<ReadonlyArray<string>>(
        run.getSnapshot().switches.map(({ reason }) => reason),
        noted
      )
    })
  }

  it("gives a reader that is too slow one snapshot for what it missed", async () => {
    const { run, say } = await followed({ bufferedEvents: 3 })
    const reader = run.events()
    say(start)
    for (let at = 0; at < 10; at++) say({ type: "text-delta", text: `${at}` })
    say({ type: "run-cancel" })
    let text = ""
    for await (const update of reader) {
      if (update.type === "snapshot") text = textOf(update.state.content)
      else if (update.type === "text-delta") text += update.text
    }
    assert.strictEqual(text, "0123456789")
  })

  it("ends a reader by its signal, by leaving the loop, when the run is gone and when the chat is closed", async () => {
    const { chat, platform, run, say } = await followed()
    const abort = new AbortController()
    const aborted = run
      .events({ signal: abort.signal })
      .next()
      .catch((reason: unknown) => reason)
    abort.abort("enough")
    assert.strictEqual(await aborted, "enough")
    assert.strictEqual(await run.finished({ signal: AbortSignal.abort("before") }).catch((reason: unknown) => reason), "before")
    say(start, { type: "text-delta", text: "first" })
    for await (const text of run.texts()) {
      assert.strictEqual(text, "first")
      break
    }
    const other = chat.run(idOf("run", 9))
    const gone = other.finished().catch((reason: unknown) => reason)
    platform.socket.receive({ type: "gone", conversationId, runId: other.id })
    assert.ok((await gone) instanceof ParleyApiError)
    const closed = run.finished().catch((reason: unknown) => reason)
    chat.close()
    const error = await closed
    assert.ok(error instanceof ParleyConnectionError && error.fault === "closed")
  })

  for (const [status, terminal] of [
    ["complete", { type: "run-complete", finishReason: "length" }],
    ["cancelled", { type: "run-cancel" }],
    ["failed", { type: "run-fail", code: "provider_failed", message: "no" }]
  ] as const) {
    it(`takes the stored message when the log is gone: ${status}`, async () => {
      const { chat, platform, run } = await followed()
      const message = {
        ...stored,
        status,
        finishReason: status === "complete" ? "length" : null,
        error: status === "failed" ? { code: "provider_failed", message: "no" } : null
      }
      platform.socket.receive({ type: "closed", ...ref, message, terminal })
      const finished = await run.finished()
      assert.deepStrictEqual([textOf(finished.content), finished.terminal], ["stored", terminal])
      assert.strictEqual(chat.messages[0]?.status, status)
    })
  }

  it("asks again later when nobody owns it for now, and another connection when asking brings nothing", async () => {
    const { client, platform, run, say } = await followed()
    const asked = () => platform.socket.frames().filter(({ type }) => type === "subscribe").length
    const error = { type: "error", code: "unavailable", message: "no owner", requestId: "req_1", retry: "later" }
    await answer(platform.socket, "subscribe", error)
    await platform.advance(1_000)
    assert.strictEqual(asked(), 2)
    say(start)
    for (let at = 0; at < 4; at++) platform.socket.receive({ type: "caught-up", ...ref, epoch, seq: 99 })
    assert.strictEqual(client.connection.getSnapshot().state, "waiting")
    assert.strictEqual(run.getSnapshot().standing, "waiting")
  })

  it("cancels by a command, whose answer may fail to come", async () => {
    const { platform, run, say } = await followed()
    say(start)
    const cancelled = run.cancel()
    await settled()
    await answer(platform.socket, "cancel", { type: "cancelled", runId: run.id, status: "cancelled" })
    await cancelled
    const lost = run.cancel().catch((reason: unknown) => reason)
    await platform.advance(30_000)
    const error = await lost
    assert.ok(error instanceof ParleyConnectionError && error.workMayHaveHappened)
  })

  it("takes a cancel whose answer was lost for done where the run had ended before", async () => {
    const { platform, run, say } = await followed()
    say(start)
    let done = false
    const cancelled = run.cancel().then(() => (done = true))
    await settled()
    say({ type: "run-cancel" })
    platform.socket.end(1006)
    await settled()
    assert.isTrue(done)
    await cancelled
  })

  for (const [name, isOver] of [
    ["says a cancel whose answer was lost again on the next connection, where the run still goes on", false],
    ["takes a cancel whose answer was lost for done where the run has ended by the next connection", true]
  ] as const) {
    it(name, async () => {
      const { platform, run, say } = await followed()
      say(start)
      await answer(platform.socket, "subscribe", { type: "done" })
      let done = false
      const cancelled = run.cancel().then(() => (done = true))
      await settled()
      platform.socket.end(1006)
      await platform.advance(1_000)
      platform.socket.receive(welcome)
      await settled()
      await answer(platform.socket, "follow", { type: "done" })
      const cancels = () => platform.socket.frames().filter(({ type }) => type === "cancel").length
      assert.deepStrictEqual([done, cancels()], [false, 0], "it waits for what became of the run")
      if (isOver) platform.socket.receive({ type: "delta", ...ref, epoch, seq: 2, count: 1, events: [{ type: "run-cancel" }] })
      platform.socket.receive({ type: "caught-up", ...ref, epoch, seq: isOver ? 2 : 1 })
      await answer(platform.socket, "subscribe", { type: "done" })
      await settled()
      if (!isOver) {
        assert.deepStrictEqual([done, cancels()], [false, 1])
        await answer(platform.socket, "cancel", { type: "cancelled", runId: run.id, status: "cancelled" })
      }
      await cancelled
      assert.strictEqual(cancels(), isOver ? 0 : 1)
    })
  }
})
