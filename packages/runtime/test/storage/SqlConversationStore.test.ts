import { assert, describe, layer } from "@effect/vitest"
import { Effect, Option } from "effect"
import { SqlClient } from "effect/sql"
import type { Page } from "@parley/domain/Conversations"
import type { MessageId } from "@parley/domain/Ids"
import type { Message } from "@parley/domain/Message"
import type { StoredRoomEvent } from "../../src/storage/ConversationStore.ts"
import { makeConversationId, makeMessageId, makePrincipalId } from "./support/ids.ts"
import { closeOf, contextOf, said } from "./support/TestDatabase.ts"
import { failureTag, seeded, Tested, types } from "./support/seededStore.ts"

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
