/** The list of conversations against Postgres: order, pages, marks, folders; and what search finds, and what it must not. */
import { assert, describe, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { SqlClient } from "effect/sql"
import { Caller } from "@parley/domain/Caller"
import { ConversationList, maxFolders } from "@parley/domain/ConversationList"
import type { ListRequest } from "@parley/domain/ConversationList"
import { makeFolderId, makeConversationId } from "@parley/domain/Ids"
import type { PrincipalId } from "@parley/domain/Ids"
import { SqlConversationList } from "../../src/list/SqlConversationList.ts"
import { ConversationStore } from "../../src/storage/ConversationStore.ts"
import type { ConversationKey } from "../../src/storage/ConversationStore.ts"
import { SqlConversationStore } from "../../src/storage/SqlConversationStore.ts"
import { callerWith, tagOf } from "../identity/support.ts"
import { closeOf, contextOf, said, seedTenant, TestDatabase } from "../storage/support/TestDatabase.ts"

const Tested = Layer.mergeAll(SqlConversationList.layer, SqlConversationStore.layer).pipe(Layer.provideMerge(TestDatabase))

const seeded = Effect.gen(function* () {
  const tenant = yield* seedTenant
  const list = yield* ConversationList
  const store = yield* ConversationStore
  const as =
    (principalId: PrincipalId) =>
    <A, E>(effect: Effect.Effect<A, E, Caller>) =>
      Effect.provideService(effect, Caller, callerWith({ ...tenant, principalId }, ["member"]))
  const room = Effect.fnUntraced(function* (title: string, owner: PrincipalId = tenant.alice) {
    yield* TestClock.adjust(10)
    const key: ConversationKey = { tenantId: tenant.tenantId, conversationId: yield* makeConversationId }
    yield* store.create(key, owner, { title, model: "demo/echo" })
    return key
  })
  const ask = Effect.fnUntraced(function* (key: ConversationKey, question: string, answer: string) {
    yield* TestClock.adjust(10)
    const context = yield* contextOf(tenant.alice)
    yield* store.acceptSend(key, said(question), context)
    yield* store.closeRun(key, closeOf(context, answer))
    return { question: context.messageId, answer: context.run.messageId }
  })
  return { tenant, list, store, room, ask, alice: as(tenant.alice), bob: as(tenant.bob) }
})

const titlesOf = (page: { readonly items: ReadonlyArray<{ readonly title: string }> }) => page.items.map(({ title }) => title)

layer(Tested, { timeout: "60 seconds" })("The list of conversations", (it) => {
  describe("a page", () => {
    it.effect("has the caller's own, most recently changed first, without gaps or repetitions", () =>
      Effect.gen(function* () {
        const { alice, list, room, store, tenant } = yield* seeded
        const keys = []
        for (let index = 0; index < 5; index++) keys.push(yield* room(`${index}`))
        yield* room("Bob's", tenant.bob)
        const [first] = keys
        assert.isDefined(first)
        yield* TestClock.adjust(10)
        yield* store.update(first, { title: "changed" })
        const titles: Array<string> = []
        let cursor: string | null | undefined
        while (cursor !== null) {
          const page = yield* alice(list.list({ limit: 2, ...(cursor === undefined ? {} : { cursor }) }))
          titles.push(...titlesOf(page))
          cursor = page.nextCursor
        }
        assert.deepStrictEqual(titles, ["changed", "4", "3", "2", "1"])
      })
    )

    it.effect("is refused when it was not offered", () =>
      Effect.gen(function* () {
        const { alice, list } = yield* seeded
        const bad: ReadonlyArray<ListRequest> = [{ limit: 0 }, { limit: 201 }, { limit: 1.5 }, { cursor: "x" }, { cursor: "" }]
        for (const page of bad) {
          assert.strictEqual(yield* tagOf(alice(list.list(page))), "InvalidRequest")
          assert.strictEqual(yield* tagOf(alice(list.search({ ...page, query: "word" }))), "InvalidRequest")
        }
      })
    )
  })

  describe("marks", () => {
    it.effect("are each person's own: archived, pinned and filed by one, as before for the other", () =>
      Effect.gen(function* () {
        const { alice, bob, list, room, store, tenant } = yield* seeded
        const [plain, marked] = [yield* room("plain"), yield* room("marked")]
        yield* store.addMember(marked, tenant.bob)
        const folder = yield* alice(list.createFolder("Work"))
        const shown = yield* alice(list.mark(marked.conversationId, { isPinned: true, folderId: folder.id }))
        assert.deepInclude(shown, { isPinned: true, isArchived: false, folderId: folder.id, role: "owner", memberCount: 2 })
        assert.deepStrictEqual(titlesOf(yield* alice(list.list({ pinned: true }))), ["marked"])
        assert.deepStrictEqual(titlesOf(yield* alice(list.list({ pinned: false }))), ["plain"])
        assert.deepStrictEqual(titlesOf(yield* alice(list.list({ folder: folder.id }))), ["marked"])
        assert.deepStrictEqual(titlesOf(yield* alice(list.list({ folder: "none" }))), ["plain"])
        yield* alice(list.mark(marked.conversationId, { isArchived: true }))
        assert.deepStrictEqual(titlesOf(yield* alice(list.list({}))), ["plain"])
        assert.deepStrictEqual(titlesOf(yield* alice(list.list({ archived: true }))), ["marked"])
        const [bobs] = (yield* bob(list.list({}))).items
        assert.isDefined(bobs)
        assert.deepInclude(bobs, { isPinned: false, isArchived: false, folderId: null, role: "member" })
        const back = yield* alice(list.mark(marked.conversationId, { isArchived: false, isPinned: false, folderId: null }))
        assert.deepInclude(back, { isPinned: false, isArchived: false, folderId: null })
        assert.deepInclude(yield* alice(list.mark(plain.conversationId, {})), { title: "plain" })
      })
    )

    it.effect("only of one's own rooms, and into one's own folders", () =>
      Effect.gen(function* () {
        const { alice, bob, list, room } = yield* seeded
        const { conversationId } = yield* room("Alice's")
        const folder = yield* alice(list.createFolder("Alice's"))
        assert.strictEqual(yield* tagOf(bob(list.mark(conversationId, { isPinned: true }))), "NotFound")
        const theirs = yield* bob(list.createFolder("Bob's"))
        assert.strictEqual(yield* tagOf(alice(list.mark(conversationId, { folderId: theirs.id }))), "NotFound")
        assert.strictEqual(yield* tagOf(alice(list.mark(conversationId, { folderId: yield* makeFolderId }))), "NotFound")
        assert.strictEqual(yield* tagOf(bob(list.renameFolder(folder.id, "mine"))), "NotFound")
        assert.strictEqual(yield* tagOf(bob(list.removeFolder(folder.id))), "NotFound")
      })
    )
  })

  describe("folders", () => {
    it.effect("are told by name, renamed, and removed with nothing of what was in them", () =>
      Effect.gen(function* () {
        const { alice, list, room } = yield* seeded
        const { conversationId } = yield* room("kept")
        const b = yield* alice(list.createFolder("b"))
        const a = yield* alice(list.createFolder("A"))
        assert.deepStrictEqual(yield* alice(list.folders), [a, b])
        assert.strictEqual(yield* tagOf(alice(list.createFolder("b"))), "Conflict")
        assert.strictEqual(yield* tagOf(alice(list.renameFolder(a.id, "b"))), "Conflict")
        assert.deepStrictEqual(yield* alice(list.renameFolder(a.id, "A")), a)
        assert.strictEqual((yield* alice(list.renameFolder(b.id, "c"))).name, "c")
        yield* alice(list.mark(conversationId, { folderId: b.id }))
        yield* alice(list.removeFolder(b.id))
        assert.deepStrictEqual(titlesOf(yield* alice(list.list({ folder: "none" }))), ["kept"])
        assert.strictEqual(yield* tagOf(alice(list.removeFolder(b.id))), "NotFound")
      })
    )

    it.effect("are so many at most", () =>
      Effect.gen(function* () {
        const { alice, list, tenant } = yield* seeded
        const sql = yield* SqlClient.SqlClient
        yield* sql`
          insert into folders (tenant_id, id, principal_id, name, created_at_ms)
          select ${tenant.tenantId}, 'fld_' || n, ${tenant.alice}, n::text, 1 from generate_series(1, ${maxFolders}::int) n`
        assert.strictEqual(yield* tagOf(alice(list.createFolder("one more"))), "Conflict")
      })
    )
  })

  describe("search", () => {
    it.effect("finds the beginnings of words in titles, questions and answers, all of them, and says where", () =>
      Effect.gen(function* () {
        const { alice, ask, list, room } = yield* seeded
        const key = yield* room("Pelicans at sea")
        const told = yield* ask(key, "Why do PELICANS dive?", "A pelican dives because it is hungry.")
        yield* ask(key, "And gulls?", "They dive too.")
        const found = yield* alice(list.search({ query: "pelic dive" }))
        assert.deepStrictEqual(found.conversations, [])
        assert.deepStrictEqual(
          found.messages.map(({ excerpt, highlights, messageId }) => [
            messageId,
            highlights.map(({ end, start }) => excerpt.slice(start, end))
          ]),
          // Both were made in the same millisecond, where chance orders ids.
          [
            [told.answer, ["pelic", "dive"]],
            [told.question, ["PELIC", "dive"]]
          ].toSorted(([one = ""], [other = ""]) => (one < other ? 1 : -1))
        )
        const titled = yield* alice(list.search({ query: "  sea! " }))
        assert.deepStrictEqual(titled.conversations[0]?.highlights, [{ start: 12, end: 15 }])
        assert.strictEqual(titled.conversations[0]?.conversation.id, key.conversationId)
      })
    )

    it.effect("page by page, newest first; titles on the first only", () =>
      Effect.gen(function* () {
        const { alice, ask, list, room } = yield* seeded
        const key = yield* room("zebra")
        const asked = []
        for (let index = 0; index < 3; index++) asked.push((yield* ask(key, `zebra ${index}`, "yes")).question)
        const first = yield* alice(list.search({ query: "zebra", limit: 2 }))
        assert.strictEqual(first.conversations.length, 1)
        assert.isNotNull(first.nextCursor)
        const second = yield* alice(list.search({ query: "zebra", limit: 2, cursor: first.nextCursor }))
        assert.deepStrictEqual([second.conversations, second.nextCursor], [[], null])
        assert.deepStrictEqual(
          [...first.messages, ...second.messages].map(({ messageId }) => messageId),
          asked.toReversed()
        )
      })
    )

    it.effect("nothing of rooms that one is not in, nor of other tenants", () =>
      Effect.gen(function* () {
        const { alice, ask, bob, list, room, store, tenant } = yield* seeded
        const key = yield* room("walrus")
        yield* ask(key, "walrus", "walrus")
        const other = yield* seeded
        yield* other.ask(yield* other.room("walrus"), "walrus", "walrus")
        const nothing = { conversations: [], messages: [], nextCursor: null }
        assert.deepStrictEqual(yield* bob(list.search({ query: "walrus" })), nothing)
        assert.strictEqual((yield* alice(list.search({ query: "walrus" }))).messages.length, 2)
        yield* store.addMember(key, tenant.bob)
        assert.strictEqual((yield* bob(list.search({ query: "walrus" }))).messages.length, 2)
        // The tenant is a word of the index; nobody can search for it.
        assert.deepStrictEqual(yield* bob(list.search({ query: "ten" })), nothing)
        assert.deepStrictEqual(yield* bob(list.search({ query: tenant.tenantId })), nothing)
      })
    )

    it.effect("takes whatever is typed", () =>
      Effect.gen(function* () {
        const { alice, list } = yield* seeded
        for (const query of [
          "",
          "   ",
          "'",
          "\\",
          "a & | ! <-> :* (",
          "%",
          "\0",
          "\uD800",
          "'; drop table messages",
          "é".repeat(99)
        ]) {
          assert.strictEqual(yield* tagOf(alice(list.search({ query }))), "allowed", JSON.stringify(query))
        }
      })
    )

    it.effect("a message is stored whatever it says, and found when it says something", () =>
      Effect.gen(function* () {
        const { alice, ask, list, room } = yield* seeded
        const key = yield* room("odd")
        yield* ask(key, "nul \0 inside", "half \uD800 a pair")
        yield* ask(key, "word ".repeat(190_000), "x".repeat(900_000))
        const distinct = Array.from({ length: 40_000 }, (_, index) => `w${index}`).join(" ")
        yield* ask(key, `${distinct} later`, "ünïcödé \u{1F600} end")
        assert.strictEqual((yield* alice(list.search({ query: "ünï" }))).messages.length, 1)
        assert.strictEqual((yield* alice(list.search({ query: "w10" }))).messages.length, 1)
      })
    )

    it.effect("asks the index, under row-level security too", () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const { alice, ask, list, room, tenant } = yield* seeded
        const key = yield* room("room")
        yield* ask(key, "needle", "haystack")
        yield* sql`
          insert into messages (tenant_id, id, conversation_id, role, content, status, room_seq, created_at_ms)
          select ${tenant.tenantId}, 'msg_00000000000000000000' || lpad(n::text, 6, '0'), ${key.conversationId}, 'user',
            json_build_array(json_build_object('type', 'text', 'text', 'hay ' || n)), 'complete', 1000 + n, 1
          from generate_series(1, 3000) n`
        yield* sql`analyze messages`
        const before = yield* scans(sql)
        const searched = alice(list.search({ query: "needle" }))
        assert.strictEqual((yield* searched).messages.length, 1)
        // A session tells its statistics once a second as long as it is asked something; one that is idle after ten.
        yield* Effect.repeat(Effect.andThen(searched, scans(sql)), { until: (now) => now > before })
      })
    )
  })
})

/** How often the index of words was asked, over all partitions. */
const scans = (sql: SqlClient.SqlClient) =>
  Effect.map(
    sql<{ readonly scans: number }>`
      select coalesce(sum(idx_scan), 0)::int as scans from pg_stat_user_indexes where indexrelname like 'messages%words%'`,
    ([row]) => row?.scans ?? 0
  )
