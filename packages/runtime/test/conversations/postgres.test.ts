/** The same conversations over real Postgres, real tenants, and a real provider's wire. */
import { assert, layer } from "@effect/vitest"
import { Context, Effect, Exit, Layer, Redacted, Scope } from "effect"
import { maxTextLength, textOf } from "@parley/domain/Content"
import { Conversations } from "@parley/domain/Conversations"
import { Providers } from "@parley/providers/Providers"
import { answer } from "../../../providers/test/wire/WireServer.ts"
import { startOpenaiWire } from "../../../providers/test/wire/openaiWire.ts"
import { ConversationLimits } from "../../src/conversations/ConversationLimits.ts"
import * as LocalConversations from "../../src/conversations/LocalConversations.ts"
import { SqlConversationStore } from "../../src/storage/SqlConversationStore.ts"
import { SqlRunJournal } from "../../src/storage/SqlRunJournal.ts"
import { RunJournal } from "../../src/storage/RunJournal.ts"
import { TenantModels } from "../../src/tenants/TenantModels.ts"
import { Tenants } from "../../src/tenants/Tenants.ts"
import { seedTenant, TestDatabase } from "../storage/support/TestDatabase.ts"
import { as, clientMessageId, FoldingClient, makeCaller, text } from "./harness.ts"

const Stored = Layer.mergeAll(SqlConversationStore.layer, SqlRunJournal.layer, Tenants.layer).pipe(
  Layer.provideMerge(TestDatabase)
)

/** Until something is true that happens in real time: polled, up to a bound. */
const eventually = (what: string, isTrue: () => boolean) =>
  Effect.gen(function* () {
    for (let i = 0; i < 2_000; i++) {
      if (isTrue()) return
      yield* Effect.sleep(10)
    }
    return yield* Effect.die(new Error(`never happened: ${what}`))
  })

const startProcess = (baseUrl: string) =>
  Effect.gen(function* () {
    const scope = yield* Effect.flatMap(Effect.scope, (outer) => Scope.fork(outer))
    const context = yield* Layer.buildWithScope(
      LocalConversations.layer.pipe(
        Layer.provide([
          TenantModels.layerOpen.pipe(Layer.provide(Providers.layer({ openai: { apiKey: Redacted.make("sk-test"), baseUrl } }))),
          ConversationLimits.layer({ journalIntervalMs: 20 })
        ])
      ),
      scope
    )
    return { conversations: Context.get(context, Conversations), stop: Scope.close(scope, Exit.void) }
  })

layer(Stored, { timeout: "60 seconds", excludeTestServices: true })("conversations over Postgres", (it) => {
  it.effect("an answer is stored as it was streamed, and found by whoever comes after its end", () =>
    Effect.gen(function* () {
      const wire = yield* startOpenaiWire
      const process = yield* startProcess(wire.baseUrl)
      const { alice, tenantId } = yield* seedTenant
      const me = as(makeCaller(tenantId, alice))
      const { id } = yield* me(process.conversations.create({ model: "openai/gpt-test", systemPrompt: "Be kind" }))
      const client = new FoldingClient()
      const follower = yield* me(process.conversations.follow(id, client.port))
      yield* follower.subscribeRoom()
      wire.enqueue(answer("Grüße from the wire 🙂", { reasoning: "hm" }))
      const sent = yield* me(process.conversations.send(id, { clientMessageId: clientMessageId("c1"), content: text("Hello") }))
      yield* eventually("the terminal", () => client.terminals.length > 0)
      assert.strictEqual(client.text, "Grüße from the wire 🙂")
      const { items } = yield* me(process.conversations.messages(id, {}))
      const stored = items.find((message) => message.id === sent.run?.messageId)
      assert.deepStrictEqual(stored?.content, client.content)
      assert.strictEqual(stored?.lastSeq, client.last)
      const again = yield* me(process.conversations.send(id, { clientMessageId: clientMessageId("c1"), content: text("Hello") }))
      assert.deepStrictEqual(again, { ...sent, duplicate: true })
      yield* eventually("the room", () =>
        client.roomFrames.some((frame) => frame.type === "room" && frame.event.type === "message-closed")
      )
      yield* process.stop
      const next = yield* startProcess(wire.baseUrl)
      const late = new FoldingClient()
      const lateFollower = yield* me(next.conversations.follow(id, late.port))
      yield* lateFollower.subscribe(sent.run?.runId ?? assert.fail(), {})
      assert.strictEqual(late.text, client.text)
      assert.deepStrictEqual(late.terminals, client.terminals)
    })
  )

  it.effect("a process that stops in the middle leaves an answer that the next one goes on with", () =>
    Effect.gen(function* () {
      const wire = yield* startOpenaiWire
      const journal = yield* RunJournal
      const first = yield* startProcess(wire.baseUrl)
      const { alice, tenantId } = yield* seedTenant
      const me = as(makeCaller(tenantId, alice))
      const { id } = yield* me(first.conversations.create({ model: "openai/gpt-test" }))
      const client = new FoldingClient()
      const follower = yield* me(first.conversations.follow(id, client.port))
      yield* follower.subscribeRoom()
      wire.enqueue(answer(["Once ", "upon ", "a ", "time"], { holdAfter: 2 }), answer(["a ", "time."]))
      const sent = yield* me(first.conversations.send(id, { clientMessageId: clientMessageId("c1"), content: text("Tell me") }))
      const runId = sent.run?.runId ?? assert.fail()
      yield* eventually("the first words", () => client.text === "Once upon ")
      yield* first.stop
      const request = yield* wire.received(0)
      yield* request.aborted
      assert.isNotEmpty(yield* journal.read(tenantId, runId))

      const second = yield* startProcess(wire.baseUrl)
      yield* wire.received(1)
      client.disconnect()
      const again = yield* me(second.conversations.follow(id, client.port))
      yield* again.subscribe(runId, client.cursor)
      yield* eventually("the terminal", () => client.terminals.length > 0)
      assert.strictEqual(client.text, "Once upon a time.")
      const { items } = yield* me(second.conversations.messages(id, {}))
      assert.strictEqual(textOf(items.at(-1)?.content ?? []), "Once upon a time.")
      assert.strictEqual(items.at(-1)?.lastSeq, client.last)
    })
  )

  it.effect("an answer longer than any message that may be sent closes once, and is read back by a later process", () =>
    Effect.gen(function* () {
      const pieceChars = 50_000
      const said = "x".repeat(1.5 * maxTextLength)
      const pieces = Array.from({ length: said.length / pieceChars }, (_, i) => said.slice(i * pieceChars, (i + 1) * pieceChars))
      const wire = yield* startOpenaiWire
      const process = yield* startProcess(wire.baseUrl)
      const { alice, tenantId } = yield* seedTenant
      const me = as(makeCaller(tenantId, alice))
      const { id } = yield* me(process.conversations.create({ model: "openai/gpt-test" }))
      const client = new FoldingClient()
      const follower = yield* me(process.conversations.follow(id, { ...client.port, acknowledges: false }))
      yield* follower.subscribeRoom()
      wire.enqueue(answer(pieces))
      const sent = yield* me(process.conversations.send(id, { clientMessageId: clientMessageId("c1"), content: text("Go on") }))
      yield* eventually("the terminal", () => client.terminals.length > 0)
      assert.deepStrictEqual(client.terminals, [{ type: "run-complete", finishReason: "stop" }])
      assert.isTrue(client.text === said)
      yield* eventually("the room", () =>
        client.roomFrames.some((frame) => frame.type === "room" && frame.event.type === "message-closed")
      )
      yield* process.stop

      const next = yield* startProcess(wire.baseUrl)
      const { items } = yield* me(next.conversations.messages(id, {}))
      assert.isTrue(textOf(items.at(-1)?.content ?? []) === said)
      const late = new FoldingClient()
      const lateFollower = yield* me(next.conversations.follow(id, late.port))
      yield* lateFollower.subscribeRoom()
      yield* lateFollower.subscribe(sent.run?.runId ?? assert.fail(), {})
      assert.isTrue(late.text === said)
      assert.deepStrictEqual(late.terminals, client.terminals)
      wire.enqueue(answer("and more"))
      yield* me(next.conversations.send(id, { clientMessageId: clientMessageId("c2"), content: text("More") }))
      yield* eventually("the next answer", () =>
        late.roomFrames.some((frame) => frame.type === "room" && frame.event.type === "message-closed")
      )
    })
  )

  it.effect("a cancel reaches the provider, and what was told is kept", () =>
    Effect.gen(function* () {
      const wire = yield* startOpenaiWire
      const process = yield* startProcess(wire.baseUrl)
      const { alice, bob, tenantId } = yield* seedTenant
      const me = as(makeCaller(tenantId, alice))
      const { id } = yield* me(process.conversations.create({ model: "openai/gpt-test" }))
      yield* me(process.conversations.addMember(id, bob))
      const client = new FoldingClient()
      const follower = yield* me(process.conversations.follow(id, client.port))
      yield* follower.subscribeRoom()
      wire.enqueue(answer(["Half ", "an ", "answer"], { holdAfter: 2 }))
      const sent = yield* me(process.conversations.send(id, { clientMessageId: clientMessageId("c1"), content: text("Tell me") }))
      const runId = sent.run?.runId ?? assert.fail()
      yield* eventually("the first words", () => client.text === "Half an ")
      const stand = yield* as(makeCaller(tenantId, bob))(process.conversations.cancel(id, runId))
      assert.strictEqual(stand.status, "cancelled")
      const request = yield* wire.received(0)
      yield* request.aborted
      assert.deepStrictEqual(client.terminals, [{ type: "run-cancel" }])
      const { items } = yield* me(process.conversations.messages(id, {}))
      assert.strictEqual(textOf(items.at(-1)?.content ?? []), "Half an ")
    })
  )
})
