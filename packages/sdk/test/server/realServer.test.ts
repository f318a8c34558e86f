/** The client against the real program: what it shows ends with the bytes that the server stored. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { listMessages } from "../../../cli/test/e2e/support/api.ts"
import { answer } from "../../../providers/test/wire/WireServer.ts"
import { createClient, ParleyApiError, ParleyConnectionError, textOf } from "../../src/sdk.ts"
import type { ClientOptions, ParleyClient } from "../../src/sdk.ts"
import { snapshotWhere } from "../support/snapshotWhere.ts"
import { startServer } from "../support/startServer.ts"

const client = (options: ClientOptions) =>
  Effect.acquireRelease(
    Effect.sync(() => createClient(options)),
    (made: ParleyClient) => Effect.sync(made.close)
  )

const words = Array.from({ length: 2_000 }, (_, index) => `wörd-${index} 🎈`)
const whole = words.join("")

describe("the client and the real server", () => {
  it.live("send, stream, regenerate, edit, branch and stop, and two clients see the same", () =>
    Effect.gen(function* () {
      const { parley, wire } = yield* startServer
      const one = yield* client({ url: parley.url, apiKey: parley.key })
      const two = yield* client({ url: parley.url, apiKey: () => Promise.resolve(parley.key) })
      yield* Effect.promise(async () => {
        const { id } = await one.conversations.create({ model: "openai/gpt-5", title: "first" })
        const [chat, other] = [one.conversation(id), two.conversation(id)]
        await snapshotWhere(other, ({ status }) => status === "live")

        wire.enqueue(answer(words))
        const sent = chat.send("Tell me much.")
        assert.deepStrictEqual(
          chat.messages.map(({ content, delivery }) => [textOf(content), delivery]),
          [["Tell me much.", "pending"]]
        )
        const { run } = await sent.accepted()
        assert.ok(run !== null)
        let joined = ""
        for await (const event of run.events()) {
          if (event.type === "text-delta") joined += event.text
          else if (event.type === "snapshot") joined = textOf(event.state.content)
        }
        assert.strictEqual(joined, whole)
        const shown = await snapshotWhere(chat, ({ messages }) => messages[1]?.stored?.status === "complete")
        assert.deepStrictEqual(
          shown.messages.map(({ key }) => key === sent.key),
          [true, false]
        )
        const seen = await snapshotWhere(other, ({ messages }) => messages[1]?.stored?.status === "complete")
        assert.strictEqual(textOf(seen.messages[1]!.content), whole)

        wire.enqueue(answer(["another"]))
        const again = await chat.regenerate(shown.messages[1]!.id!).accepted()
        assert.strictEqual((await again.run!.finished()).terminal.type, "run-complete")
        const branched = await snapshotWhere(chat, ({ messages }) => messages[1]?.stored?.status === "complete")
        assert.strictEqual(textOf(branched.messages[1]!.content), "another")
        assert.strictEqual(branched.messages[1]!.siblings.length, 2)
        chat.selectBranch(branched.messages[1]!.siblings[0]!)
        assert.strictEqual(textOf(chat.messages[1]!.content), whole)

        wire.enqueue(answer(["edited answer"]))
        const edited = await chat.edit(chat.messages[0]!.id!, "Tell me less.").accepted()
        await edited.run!.finished()
        assert.deepStrictEqual(
          (await snapshotWhere(chat, ({ activeRun }) => activeRun === null)).messages.map(({ content }) => textOf(content)),
          ["Tell me less.", "edited answer"]
        )

        wire.enqueue(answer(["one ", "two ", "three"], { holdAfter: 2 }))
        const stopped = await chat.send("Go on").accepted()
        for await (const text of stopped.run!.texts()) if (text.includes("one")) break
        await chat.cancel()
        assert.strictEqual((await stopped.run!.finished()).terminal.type, "run-cancel")
      })
      const [conversation] = yield* Effect.promise(async () => (await one.conversations.list()).items)
      const messages = yield* listMessages(parley, conversation!.id)
      assert.strictEqual(messages.length, 7)
    })
  )

  it.live("a wrong key is refused once, with the server's own words, and a good one connects", () =>
    Effect.gen(function* () {
      const { parley } = yield* startServer
      let key = "pk_wrong_0123456789abcdefghijklmnopqrstuvwxyz"
      const one = yield* client({ url: parley.url, apiKey: () => key })
      yield* Effect.promise(async () => {
        one.connect()
        const refused = await snapshotWhere(one.connection, ({ state }) => state === "refused")
        assert.ok(refused.error instanceof ParleyApiError)
        assert.strictEqual(refused.error.code, "unauthorized")
        const problem = await one.conversations.list().catch((error: unknown) => error)
        assert.ok(problem instanceof ParleyApiError)
        assert.strictEqual(problem.status, 401)
        key = parley.key
        one.connect()
        await snapshotWhere(one.connection, ({ state }) => state === "open")
        const faults = await one.conversations.create({ title: "x".repeat(300) }).catch((error: unknown) => error)
        assert.ok(faults instanceof ParleyApiError)
        assert.strictEqual(faults.issues[0]?.path, "payload.title")
        one.close()
        const closed = await one
          .conversation("cnv_0")
          .send("too late")
          .accepted({ signal: AbortSignal.abort("given up") })
          .catch((error: unknown) => error)
        assert.ok(closed === "given up" || closed instanceof ParleyConnectionError)
      })
    })
  )
})
