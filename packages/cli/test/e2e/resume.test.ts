/** An answer belongs to its conversation: whatever happens to clients and processes, all end with the same bytes and one terminal. */
import { textOf } from "@parley/domain/Content"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { freshDatabase } from "../../../../test/support/freshDatabase.ts"
import { startOpenaiWire } from "../../../providers/test/wire/openaiWire.ts"
import { answer } from "../../../providers/test/wire/WireServer.ts"
import { createConversation, listMessages } from "./support/api.ts"
import { journalHolds } from "./support/journal.ts"
import { connect, runView, viewText } from "./support/ChatClient.ts"
import { startParley } from "./support/startParley.ts"

const words = Array.from({ length: 4_000 }, (_, index) => `wörd-${index} `)
const whole = words.join("")

const send = (conversationId: string, clientMessageId: string) => ({
  type: "send",
  conversationId,
  clientMessageId,
  content: [{ type: "text", text: "Tell me much." }]
})

describe("a run with two clients", () => {
  it.live("ends byte-equal with one terminal under reload, a slow reader and duplicate sends", () =>
    Effect.gen(function* () {
      const wire = yield* startOpenaiWire
      const database = yield* freshDatabase
      const parley = yield* startParley({
        DATABASE_URL: Redacted.value(database),
        OPENAI_API_KEY: "sk-wire",
        OPENAI_BASE_URL: wire.baseUrl
      })
      const conversation = yield* createConversation(parley, { model: "openai/gpt-5" })
      wire.enqueue(answer(words, { holdAfter: 100 }))

      const first = yield* connect(parley.socketUrl, parley.key)
      const second = yield* connect(parley.socketUrl, parley.key)
      const [accepted, again] = yield* Effect.promise(() =>
        Promise.all([first.command(send(conversation.id, "one")), second.command(send(conversation.id, "one"))])
      )
      assert.ok(accepted.type === "accepted" && again.type === "accepted")
      assert.ok(accepted.run !== null)
      assert.deepStrictEqual(again.run, accepted.run)
      assert.notStrictEqual(again.duplicate, accepted.duplicate)
      const runId = accepted.run.runId

      const reloading = runView(conversation.id, runId)
      const slow = runView(conversation.id, runId)
      yield* Effect.promise(() => first.follow(reloading))
      yield* Effect.promise(() => second.follow(slow))
      yield* Effect.promise(() => first.until(() => (viewText(reloading).length > 0 ? true : undefined)))

      // One client vanishes in the middle and comes back with what it had; the other stops reading.
      first.drop()
      second.pause()
      const request = yield* wire.received(0)
      request.release()
      yield* request.completed
      const back = yield* connect(parley.socketUrl, parley.key)
      yield* Effect.promise(() => back.follow(reloading))
      yield* Effect.promise(() => back.until(() => reloading.terminals[0]))
      second.resume()
      yield* Effect.promise(() => second.until(() => slow.terminals[0]))

      const late = runView(conversation.id, runId)
      yield* Effect.promise(() => back.follow(late))
      yield* Effect.promise(() => back.until(() => late.terminals[0]))

      for (const view of [reloading, slow, late]) {
        assert.strictEqual(viewText(view), whole)
        assert.strictEqual(view.terminals.length, 1)
        assert.strictEqual(view.terminals[0]?.type, "run-complete")
      }
      const messages = yield* listMessages(parley, conversation.id)
      assert.strictEqual(messages.length, 2)
      assert.strictEqual(textOf(messages[1]!.content), whole)
      assert.strictEqual(wire.requests.length, 1)
    })
  )

  it.live("keeps the partial answer through kill -9 of the only process and continues it at the next start", () =>
    Effect.gen(function* () {
      const wire = yield* startOpenaiWire
      const database = yield* freshDatabase
      const env = {
        DATABASE_URL: Redacted.value(database),
        OPENAI_API_KEY: "sk-wire",
        OPENAI_BASE_URL: wire.baseUrl,
        PARLEY_LOG_LEVEL: "Debug"
      }
      wire.enqueue(answer(["The first half, ", "kept. "], { holdAfter: 2 }), answer("The second half."))
      const before = yield* startParley(env)
      const conversation = yield* createConversation(before, { model: "openai/gpt-5" })
      const client = yield* connect(before.socketUrl, before.key, { "x-request-id": "req-before-the-kill" })
      const accepted = yield* Effect.promise(() => client.command(send(conversation.id, "one")))
      assert.ok(accepted.type === "accepted" && accepted.run !== null)
      const views = [runView(conversation.id, accepted.run.runId), runView(conversation.id, accepted.run.runId)]
      yield* Effect.promise(() => client.follow(views[0]!))
      yield* Effect.promise(() => client.until(() => (viewText(views[0]!).endsWith("kept. ") ? true : undefined)))
      // The journal is written every 150 ms: it is what this claim is about, so wait until it has been.
      yield* journalHolds(Redacted.value(database), "kept. ")
      yield* before.stop("SIGKILL")

      const after = yield* startParley(env)
      const back = yield* connect(after.socketUrl, after.key)
      for (const view of views) {
        yield* Effect.promise(() => back.follow(view))
        yield* Effect.promise(() => back.until(() => view.terminals[0]))
        assert.strictEqual(view.terminals.length, 1)
        assert.strictEqual(view.terminals[0]?.type, "run-complete")
        assert.strictEqual(viewText(view), "The first half, kept. The second half.")
      }
      // Whoever looks for the request finds what became of it in the next process' log.
      yield* after.logged("An answer ended")
      const { runId } = accepted.run
      const lines = after.log.filter((line) => line["runId"] === runId)
      assert.includeMembers(
        lines.map(({ message }) => message),
        ["A run was taken over", "An answer begins"]
      )
      for (const line of lines) {
        assert.ok(String(line["requestId"] ?? "").startsWith("req-before-the-kill"), JSON.stringify(line))
      }
      // A retry of the send after the crash is the same turn.
      const retried = yield* Effect.promise(() => back.command(send(conversation.id, "one")))
      assert.ok(retried.type === "accepted" && retried.duplicate)
      const messages = yield* listMessages(after, conversation.id)
      assert.strictEqual(messages.length, 2)
      assert.strictEqual(textOf(messages[1]!.content), viewText(views[0]!))
    })
  )
})
