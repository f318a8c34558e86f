import { assert, describe, layer } from "@effect/vitest"
import { Effect, Exit, Layer, Option } from "effect"
import { TestClock } from "effect/testing"
import { SqlClient } from "effect/sql"
import type { Page } from "@parley/domain/Conversations"
import type { MessageId } from "@parley/domain/Ids"
import type { Message } from "@parley/domain/Message"
import type { ConversationKey, StoredRoomEvent } from "../../src/storage/ConversationStore.ts"
import { ConversationStore } from "../../src/storage/ConversationStore.ts"
import { SqlConversationStore } from "../../src/storage/SqlConversationStore.ts"
import { makeClientMessageId, makeConversationId, makeEpoch, makeMessageId, makePrincipalId, makeRunId } from "./support/ids.ts"
import { closeOf, contextOf, said, seedConversation, seedTenant, TestDatabase, withoutRun } from "./support/TestDatabase.ts"

const Tested = SqlConversationStore.layer.pipe(Layer.provideMerge(TestDatabase))

const seeded = Effect.gen(function* () {
  const tenant = yield* seedTenant
  return { ...tenant, key: yield* seedConversation(tenant), store: yield* ConversationStore }
})

const allMessages = (key: ConversationKey) =>
  Effect.flatMap(ConversationStore, (store) => Effect.map(store.messages(key, { limit: 200 }), (page) => page.items))

type Asked = Effect.Success<ReturnType<typeof contextOf>>

const types = (events: ReadonlyArray<StoredRoomEvent>) => events.map(({ event, seq }) => `${seq} ${event.type}`)
const failureTag = <A, E extends { readonly _tag: string }>(effect: Effect.Effect<A, E>) =>
  Effect.map(Effect.flip(effect), (error) => error._tag)

layer(Tested, { timeout: "60 seconds" })("SqlConversationStore", (it) => {
  describe("rooms", () => {
    it.effect("stores a conversation with its creator as owner, and gives back what it stored", () =>
      Effect.gen(function* () {
        const { alice, key, store } = yield* seeded
        const loaded = Option.getOrThrow(yield* store.load(key))
        assert.strictEqual(loaded.conversation.title, "A room")
        assert.deepStrictEqual(
          loaded.members.map(({ displayName, principalId, role }) => ({ displayName, principalId, role })),
          [{ displayName: "Alice", principalId: alice, role: "owner" }]
        )
        assert.deepStrictEqual([loaded.roomSeq, loaded.openRuns], [0, []])
      })
    )

    it.effect("takes text that Postgres cannot hold, and keeps parameters byte-equal", () =>
      Effect.gen(function* () {
        const { alice, store, tenantId } = yield* seeded
        const key = { tenantId, conversationId: yield* makeConversationId }
        const conversation = yield* store.create(key, alice, {
          title: "a\0b\uD800",
          model: "demo/echo",
          systemPrompt: "be \0 brief",
          parameters: { stop: ["\0", "\uD800"], temperature: 0.1 }
        })
        assert.strictEqual(conversation.title, "a\uFFFDb\uFFFD")
        assert.strictEqual(conversation.systemPrompt, "be \uFFFD brief")
        assert.deepStrictEqual(conversation.parameters, { stop: ["\0", "\uD800"], temperature: 0.1 })
      })
    )

    it.effect("refuses a page that it did not offer", () =>
      Effect.gen(function* () {
        const { key, store } = yield* seeded
        for (const page of [{ limit: 0 }, { limit: 201 }, { limit: 1.5 }, { cursor: "x" }, { cursor: "" }]) {
          assert.strictEqual(yield* failureTag(store.messages(key, page)), "InvalidRequest")
        }
      })
    )

    it.effect("changes only what is named, and tells the room", () =>
      Effect.gen(function* () {
        const { key, store } = yield* seeded
        yield* store.update(key, { systemPrompt: "be brief", parameters: { seed: 1 } })
        const { conversation, roomEvents } = yield* store.update(key, { title: "Renamed", model: "demo/other" })
        assert.deepInclude(conversation, {
          title: "Renamed",
          model: "demo/other",
          systemPrompt: "be brief",
          parameters: { seed: 1 }
        })
        assert.deepStrictEqual(types(roomEvents), ["2 conversation-changed"])
        assert.strictEqual((yield* store.update(key, { systemPrompt: null })).conversation.systemPrompt, null)
      })
    )

    it.effect("removes a conversation with everything that belongs to it", () =>
      Effect.gen(function* () {
        const { alice, key, store } = yield* seeded
        const context = yield* contextOf(alice)
        yield* store.acceptSend(key, said("hello"), context)
        const sql = yield* SqlClient.SqlClient
        yield* sql`
          insert into run_journal (tenant_id, run_id, epoch, seq, count, events)
          values (${key.tenantId}, ${context.run.runId}, ${context.run.epoch}, 1, 1, '[]')`
        yield* store.remove(key)
        for (const table of ["members", "messages", "runs", "client_messages", "room_events"]) {
          const rows = yield* sql`select 1 from ${sql(table)} where conversation_id = ${key.conversationId}`
          assert.strictEqual(rows.length, 0, table)
        }
        assert.strictEqual((yield* sql`select 1 from run_journal where run_id = ${context.run.runId}`).length, 0)
        assert.strictEqual(yield* failureTag(store.remove(key)), "NotFound")
        assert.deepStrictEqual(yield* store.load(key), Option.none())
        assert.strictEqual(yield* failureTag(store.update(key, { title: "x" })), "NotFound")
      })
    )
  })

  describe("members", () => {
    it.effect("adds a person of the tenant once, and tells the room once", () =>
      Effect.gen(function* () {
        const { bob, key, store } = yield* seeded
        const first = yield* store.addMember(key, bob)
        const second = yield* store.addMember(key, bob)
        assert.deepInclude(first.member, { principalId: bob, displayName: "Bob", role: "member" })
        assert.deepStrictEqual(types(first.roomEvents), ["1 member-joined"])
        assert.deepStrictEqual(second, { member: first.member, roomEvents: [] })
        assert.strictEqual(yield* failureTag(store.addMember(key, yield* makePrincipalId)), "NotFound")
      })
    )

    it.effect("lets a member leave, once", () =>
      Effect.gen(function* () {
        const { bob, key, store } = yield* seeded
        yield* store.addMember(key, bob)
        assert.deepStrictEqual(types((yield* store.removeMember(key, bob)).roomEvents), ["2 member-left"])
        assert.strictEqual(yield* failureTag(store.removeMember(key, bob)), "NotFound")
        const gone = { ...key, conversationId: yield* makeConversationId }
        assert.strictEqual(yield* failureTag(store.addMember(gone, bob)), "NotFound")
      })
    )
  })

  describe("turns", () => {
    it.effect("stores a send as its message, the empty answer, the run, and three events of the room", () =>
      Effect.gen(function* () {
        const { alice, key, store } = yield* seeded
        const context = yield* contextOf(alice)
        const { accepted, roomEvents } = yield* store.acceptSend(key, said("hello"), context)
        assert.deepStrictEqual(accepted, {
          messageId: context.messageId,
          run: { runId: context.run.runId, messageId: context.run.messageId, epoch: context.run.epoch },
          duplicate: false
        })
        assert.deepStrictEqual(types(roomEvents), ["1 message-added", "2 message-added", "3 run-started"])
        const messages = yield* allMessages(key)
        assert.deepStrictEqual(
          messages.map(({ id, parentId, role, status }) => ({ id, parentId, role, status })),
          [
            { id: context.messageId, parentId: null, role: "user", status: "complete" },
            { id: context.run.messageId, parentId: context.messageId, role: "assistant", status: "streaming" }
          ]
        )
        const run = Option.getOrThrow(yield* store.run(key, context.run.runId))
        assert.deepInclude(run, {
          principalId: alice,
          status: "running",
          epoch: context.run.epoch,
          requestId: context.run.requestId,
          terminal: null
        })
        const loaded = Option.getOrThrow(yield* store.load(key))
        assert.deepStrictEqual([loaded.roomSeq, loaded.openRuns], [3, [run]])
        const told = roomEvents.flatMap(({ event }) => (event.type === "message-added" ? [event.message] : []))
        assert.deepStrictEqual(told, messages)
      })
    )

    it.effect("counts a message sent twice under one id once, for 24 hours and not longer", () =>
      Effect.gen(function* () {
        const { alice, bob, key, store } = yield* seeded
        const command = said("hello")
        const first = withoutRun(yield* contextOf(alice))
        const { accepted } = yield* store.acceptSend(key, command, first)
        yield* TestClock.adjust("23 hours")
        const again = yield* store.acceptSend(key, command, yield* contextOf(alice))
        assert.deepStrictEqual(again, { accepted: { ...accepted, duplicate: true }, roomEvents: [] })
        // Another author's ids are another author's.
        assert.isFalse((yield* store.acceptSend(key, command, withoutRun(yield* contextOf(bob)))).accepted.duplicate)
        yield* TestClock.adjust("2 hours")
        assert.isFalse((yield* store.acceptSend(key, command, withoutRun(yield* contextOf(alice)))).accepted.duplicate)
        assert.strictEqual((yield* allMessages(key)).length, 3)
      })
    )

    it.effect("answers a duplicate as before even while the run is open, and when what it asked is gone", () =>
      Effect.gen(function* () {
        const { alice, key, store } = yield* seeded
        const command = said("hello")
        const { accepted } = yield* store.acceptSend(key, command, yield* contextOf(alice))
        const again = yield* store.acceptSend(key, { ...command, parentId: yield* makeMessageId }, yield* contextOf(alice))
        assert.deepStrictEqual(again.accepted, { ...accepted, duplicate: true })
      })
    )

    it.effect("allows one open run a conversation, and messages to people meanwhile", () =>
      Effect.gen(function* () {
        const { alice, key, store } = yield* seeded
        const context = yield* contextOf(alice)
        yield* store.acceptSend(key, said("one"), context)
        const before = yield* allMessages(key)
        assert.strictEqual(yield* failureTag(store.acceptSend(key, said("two"), yield* contextOf(alice))), "Conflict")
        assert.strictEqual(
          yield* failureTag(
            store.acceptRegenerate(
              key,
              { clientMessageId: makeClientMessageId(), messageId: context.run.messageId },
              yield* contextOf(alice)
            )
          ),
          "Conflict"
        )
        assert.deepStrictEqual(yield* allMessages(key), before)
        yield* store.acceptSend(key, { ...said("aside"), reply: false }, withoutRun(yield* contextOf(alice)))
        yield* store.closeRun(key, closeOf(context, "done"))
        yield* store.acceptSend(key, said("three"), yield* contextOf(alice))
      })
    )

    it.effect("lets one of several concurrent turns open a run, and numbers the room without gaps", () =>
      Effect.gen(function* () {
        const { alice, key, store } = yield* seeded
        const exits = yield* Effect.forEach(
          Array.from({ length: 12 }, (_, index) => index),
          (index) =>
            Effect.flatMap(contextOf(alice), (context) =>
              Effect.exit(store.acceptSend(key, said(`${index}`), index % 3 === 0 ? context : withoutRun(context)))
            ),
          { concurrency: "unbounded" }
        )
        const results = exits.flatMap((exit) => (Exit.isSuccess(exit) ? [exit.value] : []))
        assert.strictEqual(results.filter(({ accepted }) => accepted.run !== null).length, 1)
        assert.strictEqual(results.filter(({ accepted }) => accepted.run === null).length, 8)
        const seqs = results.flatMap(({ roomEvents }) => roomEvents.map(({ seq }) => seq)).toSorted((a, b) => a - b)
        assert.deepStrictEqual(
          seqs,
          Array.from({ length: 11 }, (_, index) => index + 1)
        )
        assert.strictEqual(Option.getOrThrow(yield* store.load(key)).roomSeq, 11)
      })
    )

    for (const [kind, ask] of [
      ["that ask for an answer", (context: Asked) => context],
      ["to people only", (context: Asked) => withoutRun(context)]
    ] as const) {
      it.effect(`accepts one of several concurrent sends ${kind} under one id, and answers the others with it`, () =>
        Effect.gen(function* () {
          const { alice, key, store } = yield* seeded
          const command = said("once")
          const results = yield* Effect.forEach(
            Array.from({ length: 8 }),
            () => Effect.flatMap(contextOf(alice), (context) => store.acceptSend(key, command, ask(context))),
            { concurrency: "unbounded" }
          )
          assert.strictEqual(new Set(results.map(({ accepted }) => accepted.messageId)).size, 1)
          assert.strictEqual(results.filter(({ accepted }) => !accepted.duplicate).length, 1)
          assert.strictEqual((yield* allMessages(key)).filter(({ role }) => role === "user").length, 1)
        })
      )
    }

    it.effect("hangs a send after the newest message, a given one, or the root", () =>
      Effect.gen(function* () {
        const { alice, key, store } = yield* seeded
        const send = (text: string, parent: object) =>
          Effect.gen(function* () {
            const context = withoutRun(yield* contextOf(alice))
            yield* store.acceptSend(key, { ...said(text), ...parent }, context)
            return context.messageId
          })
        const first = yield* send("first", {})
        const second = yield* send("second", {})
        const beside = yield* send("beside", { parentId: first })
        const newest = yield* send("newest", {})
        const root = yield* send("root", { parentId: null })
        assert.deepStrictEqual(
          (yield* allMessages(key)).map(({ id, parentId }) => [id, parentId]),
          [
            [first, null],
            [second, first],
            [beside, first],
            [newest, beside],
            [root, null]
          ]
        )
        assert.strictEqual(yield* failureTag(send("lost", { parentId: yield* makeMessageId })), "NotFound")
        const elsewhere = yield* seedConversation(yield* seedTenant)
        assert.strictEqual(
          yield* failureTag(store.acceptSend(elsewhere, { ...said("x"), parentId: first }, withoutRun(yield* contextOf(alice)))),
          "NotFound"
        )
      })
    )

    it.effect("regenerates an answer as its sibling, and only an answer", () =>
      Effect.gen(function* () {
        const { alice, key, store } = yield* seeded
        const asked = yield* contextOf(alice)
        yield* store.acceptSend(key, said("question"), asked)
        yield* store.closeRun(key, closeOf(asked, "first answer"))
        const again = yield* contextOf(alice)
        const { accepted, roomEvents } = yield* store.acceptRegenerate(
          key,
          { clientMessageId: makeClientMessageId(), messageId: asked.run.messageId },
          again
        )
        assert.strictEqual(accepted.messageId, asked.messageId)
        assert.deepStrictEqual(types(roomEvents), ["5 message-added", "6 run-started"])
        const sibling = (yield* allMessages(key)).find(({ id }) => id === again.run.messageId)
        assert.strictEqual(sibling?.parentId, asked.messageId)
        yield* store.closeRun(key, closeOf(again, "second answer"))
        const regenerate = (messageId: Message["id"]) =>
          Effect.flatMap(contextOf(alice), (context) =>
            failureTag(store.acceptRegenerate(key, { clientMessageId: makeClientMessageId(), messageId }, context))
          )
        assert.strictEqual(yield* regenerate(asked.messageId), "InvalidRequest")
        assert.strictEqual(yield* regenerate(yield* makeMessageId), "NotFound")
      })
    )

    it.effect("edits one's own message as its sibling, and nobody else's", () =>
      Effect.gen(function* () {
        const { alice, bob, key, store } = yield* seeded
        const first = withoutRun(yield* contextOf(alice))
        yield* store.acceptSend(key, said("first"), first)
        const second = withoutRun(yield* contextOf(alice))
        yield* store.acceptSend(key, said("second"), second)
        const edit = { clientMessageId: makeClientMessageId(), messageId: second.messageId, content: said("better").content }
        const edited = yield* contextOf(alice)
        const { accepted } = yield* store.acceptEdit(key, edit, edited)
        assert.strictEqual(accepted.messageId, edited.messageId)
        const path = yield* store.path(key, edited.run.messageId, 10)
        assert.deepStrictEqual(
          path.map(({ id }) => id),
          [first.messageId, edited.messageId, edited.run.messageId]
        )
        yield* store.closeRun(key, closeOf(edited, "done"))
        const theirs = { ...edit, clientMessageId: makeClientMessageId() }
        assert.strictEqual(yield* failureTag(store.acceptEdit(key, theirs, yield* contextOf(bob))), "InvalidRequest")
        assert.strictEqual(
          yield* failureTag(store.acceptEdit(key, { ...theirs, messageId: edited.run.messageId }, yield* contextOf(alice))),
          "InvalidRequest"
        )
      })
    )

    it.effect("knows no turn of a conversation that is not there", () =>
      Effect.gen(function* () {
        const { alice, key, store } = yield* seeded
        const gone = { ...key, conversationId: yield* makeConversationId }
        assert.strictEqual(yield* failureTag(store.acceptSend(gone, said("x"), yield* contextOf(alice))), "NotFound")
      })
    )

    it.effect("gives content back byte-equal, whatever JSON can write", () =>
      Effect.gen(function* () {
        const { alice, key, store } = yield* seeded
        const text = 'NUL \0, lone \uD800, "quotes", \\ and 🦜 \u2028'
        const context = yield* contextOf(alice)
        yield* store.acceptSend(key, said(text), context)
        yield* store.closeRun(key, closeOf(context, text))
        const [question, answer] = yield* allMessages(key)
        assert.deepStrictEqual(question?.content, [{ type: "text", text }])
        assert.deepStrictEqual(answer?.content, [{ type: "text", text }])
      })
    )
  })

  describe("the end of a run", () => {
    it.effect("stores message, terminal and event once, whoever else tries", () =>
      Effect.gen(function* () {
        const { alice, key, store } = yield* seeded
        const context = yield* contextOf(alice)
        yield* store.acceptSend(key, said("question"), context)
        const usage = { inputTokens: 1, cachedInputTokens: 0, cacheWriteTokens: 0, outputTokens: 2, reasoningTokens: 0 }
        const close = { ...closeOf(context, "answer"), usage, answeredBy: "one/first" }
        const closed = yield* Effect.forEach([close, close, close], (each) => store.closeRun(key, each), {
          concurrency: "unbounded"
        })
        const [ended, ...others] = closed.flatMap(Option.toArray)
        assert.deepStrictEqual(others, [])
        assert.isDefined(ended)
        assert.deepInclude(ended.message, { status: "complete", finishReason: "stop", lastSeq: 3, usage, error: null })
        assert.deepInclude(
          ended.message,
          { model: context.run.model, answeredBy: "one/first", askedModel: null },
          "nobody failed"
        )
        assert.deepStrictEqual(types(ended.roomEvents), ["4 message-closed"])
        assert.deepStrictEqual(
          yield* store.closedRun(key, context.run.runId),
          Option.some({ message: ended.message, terminal: close.terminal })
        )
        assert.deepStrictEqual(Option.getOrThrow(yield* store.load(key)).openRuns, [])
      })
    )

    it.effect("refuses an owner whose epoch was taken over", () =>
      Effect.gen(function* () {
        const { alice, key, store } = yield* seeded
        const context = yield* contextOf(alice)
        yield* store.acceptSend(key, said("question"), context)
        const epoch = yield* makeEpoch
        const { epoch: from, runId } = context.run
        assert.isTrue(yield* store.takeOverRun(key, runId, { from, to: epoch }))
        assert.isFalse(yield* store.takeOverRun(key, runId, { from, to: yield* makeEpoch }), "another was faster")
        assert.deepStrictEqual(yield* store.closeRun(key, closeOf(context, "stale")), Option.none())
        assert.deepStrictEqual(yield* store.closedRun(key, context.run.runId), Option.none())
        const closed = yield* store.closeRun(key, { ...closeOf(context, "fresh"), epoch })
        assert.isTrue(Option.isSome(closed))
        assert.isFalse(yield* store.takeOverRun(key, runId, { from: epoch, to: yield* makeEpoch }))
        assert.isFalse(yield* store.takeOverRun(key, yield* makeRunId, { from: epoch, to: yield* makeEpoch }))
      })
    )

    it.effect("keeps the partial text of a run that was stopped or that failed, and why", () =>
      Effect.gen(function* () {
        const { alice, key, store } = yield* seeded
        const terminals = [
          { type: "run-cancel" as const },
          { type: "run-fail" as const, code: "provider_failed", message: "it broke" }
        ]
        for (const terminal of terminals) {
          const context = yield* contextOf(alice)
          yield* store.acceptSend(key, said("question"), context)
          yield* store.closeRun(key, { ...closeOf(context, "half"), terminal, finishReason: null })
          const { message, terminal: stored } = Option.getOrThrow(yield* store.closedRun(key, context.run.runId))
          assert.deepStrictEqual(stored, terminal)
          assert.deepStrictEqual(message.content, [{ type: "text", text: "half" }])
          assert.strictEqual(message.status, terminal.type === "run-cancel" ? "cancelled" : "failed")
          assert.deepStrictEqual(
            message.error,
            terminal.type === "run-cancel" ? null : { code: "provider_failed", message: "it broke" }
          )
        }
      })
    )

    it.effect("finds the open runs of all tenants, oldest first", () =>
      Effect.gen(function* () {
        const store = yield* ConversationStore
        const started: Array<string> = []
        for (const _ of [1, 2, 3]) {
          const { alice, key } = yield* seeded
          const context = yield* contextOf(alice)
          yield* TestClock.adjust(1_000)
          yield* store.acceptSend(key, said("question"), context)
          started.push(context.run.runId)
        }
        const open = yield* store.openRuns(1_000)
        const found = open.flatMap(({ runId }) => (started.includes(runId) ? [runId] : []))
        assert.deepStrictEqual(found, started)
        assert.strictEqual((yield* store.openRuns(1)).length, 1)
        assert.isTrue(open.every((run, index) => index === 0 || run.startedAtMs >= (open[index - 1]?.startedAtMs ?? 0)))
      })
    )
  })

  describe("reading", () => {
    it.effect("pages through the tree with children after their parents", () =>
      Effect.gen(function* () {
        const { alice, key, store } = yield* seeded
        for (let index = 0; index < 7; index++) {
          const context = yield* contextOf(alice)
          yield* store.acceptSend(key, said(`${index}`), context)
          yield* store.closeRun(key, closeOf(context, `answer ${index}`))
        }
        const seen: Array<Message> = []
        let cursor: string | null | undefined
        while (cursor !== null) {
          const page = yield* store.messages(key, { limit: 3, ...(cursor === undefined ? {} : { cursor }) })
          seen.push(...page.items)
          cursor = page.nextCursor
        }
        assert.strictEqual(seen.length, 14)
        const places = new Map(seen.map(({ id }, index) => [id, index]))
        assert.strictEqual(places.size, 14)
        for (const [index, { parentId }] of seen.entries()) {
          assert.isTrue(parentId === null || (places.get(parentId) ?? index) < index)
        }
        assert.deepStrictEqual(yield* store.latestMessages(key, 4), seen.slice(-4))
        const last = seen.at(-1)
        assert.isDefined(last)
        const back: Array<Message> = []
        let from: { readonly before: MessageId } | { readonly cursor: string } | null = { before: last.id }
        while (from !== null) {
          const page: Page<Message> = yield* store.messages(key, { limit: 3, ...from })
          back.unshift(...page.items)
          from = page.nextCursor === null ? null : { cursor: page.nextCursor }
        }
        assert.deepStrictEqual(back, seen.slice(0, -1))
        const unknown = yield* store.messages(key, { before: yield* makeMessageId })
        assert.deepStrictEqual(unknown, { items: [], nextCursor: null })
        assert.deepStrictEqual(yield* store.messages(key, { from: yield* makeMessageId }), unknown)
        const middle = seen.slice(5)
        const first = yield* store.messages(key, { limit: 3, from: middle[0]?.id ?? last.id })
        assert.deepStrictEqual(first.items, middle.slice(0, 3))
        const next = yield* store.messages(key, { limit: 100, cursor: first.nextCursor ?? "none" })
        assert.deepStrictEqual(next, { items: middle.slice(3), nextCursor: null })
        assert.deepStrictEqual(yield* store.path(key, last.id, 5), seen.slice(-5))
        assert.deepStrictEqual(yield* store.path(key, yield* makeMessageId, 5), [])
      })
    )

    it.effect("tells missed events as they were told live, or nothing at all", () =>
      Effect.gen(function* () {
        const { alice, bob, key, store } = yield* seeded
        const context = yield* contextOf(alice)
        const told: Array<StoredRoomEvent> = [...(yield* store.addMember(key, bob)).roomEvents]
        told.push(...(yield* store.acceptSend(key, said("question"), context)).roomEvents)
        told.push(...Option.getOrThrow(yield* store.closeRun(key, closeOf(context, "answer"))).roomEvents)
        told.push(...(yield* store.update(key, { title: "Renamed" })).roomEvents)
        assert.deepStrictEqual(Option.getOrThrow(yield* store.roomEventsAfter(key, 0, 100)), told)
        assert.deepStrictEqual(Option.getOrThrow(yield* store.roomEventsAfter(key, 2, 100)), told.slice(2))
        assert.deepStrictEqual(yield* store.roomEventsAfter(key, told.length, 100), Option.some([]))
        assert.deepStrictEqual(yield* store.roomEventsAfter(key, 0, told.length - 1), Option.none())
        assert.deepStrictEqual(yield* store.roomEventsAfter(key, told.length + 1, 100), Option.none())
        const gone = { ...key, conversationId: yield* makeConversationId }
        assert.deepStrictEqual(yield* store.roomEventsAfter(gone, 0, 100), Option.none())
        const sql = yield* SqlClient.SqlClient
        yield* sql`delete from room_events where conversation_id = ${key.conversationId} and seq <= 2`
        assert.deepStrictEqual(yield* store.roomEventsAfter(key, 0, 100), Option.none())
        assert.deepStrictEqual(Option.getOrThrow(yield* store.roomEventsAfter(key, 2, 100)), told.slice(2))
      })
    )
  })
})
