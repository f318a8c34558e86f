/** Shares against Postgres: what a link shows, to whom, until when, and what it never shows. */
import { assert, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { SqlClient } from "effect/sql"
import { Attachments } from "@parley/domain/Attachments"
import type { Attachment } from "@parley/domain/Attachments"
import { Caller } from "@parley/domain/Caller"
import type { Role } from "@parley/domain/Caller"
import { textOf } from "@parley/domain/Content"
import { makeMessageId } from "@parley/domain/Ids"
import type { PrincipalId } from "@parley/domain/Ids"
import { maxSharesPerConversation, Shares } from "@parley/domain/Shares"
import type { SharedConversation } from "@parley/domain/Shares"
import { SqlAttachments } from "../../src/attachments/SqlAttachments.ts"
import { ObjectStore } from "../../src/objects/ObjectStore.ts"
import { SqlShares } from "../../src/shares/SqlShares.ts"
import { ConversationStore } from "../../src/storage/ConversationStore.ts"
import { SqlConversationStore } from "../../src/storage/SqlConversationStore.ts"
import { callerWith, tagOf } from "../identity/support.ts"
import {
  closeOf,
  contextOf,
  said,
  seedConversation,
  seedTenant,
  TestDatabase,
  withoutRun
} from "../storage/support/TestDatabase.ts"

const Tested = Layer.mergeAll(SqlShares.layer, SqlAttachments.layer, SqlConversationStore.layer).pipe(
  Layer.provide(ObjectStore.layerMemory),
  Layer.provideMerge(TestDatabase)
)

const seeded = Effect.gen(function* () {
  const tenant = yield* seedTenant
  const shares = yield* Shares
  const store = yield* ConversationStore
  const key = yield* seedConversation(tenant)
  const as =
    (principalId: PrincipalId, role: Role = "member") =>
    <A, E>(effect: Effect.Effect<A, E, Caller>) =>
      Effect.provideService(effect, Caller, callerWith({ ...tenant, principalId }, [role]))
  const turn = Effect.fnUntraced(function* (question: string, answer: string, author: PrincipalId = tenant.alice) {
    yield* TestClock.adjust(1)
    const context = yield* contextOf(author)
    yield* store.acceptSend(key, said(question), context)
    yield* store.closeRun(key, closeOf(context, answer))
    return context
  })
  return { tenant, shares, store, key, id: key.conversationId, turn, alice: as(tenant.alice), bob: as(tenant.bob), as }
})

const wordsOf = (shared: SharedConversation) => shared.messages.map(({ content }) => textOf(content))

layer(Tested, { timeout: "60 seconds" })("A share", (it) => {
  it.effect("shows its branch as it was, and nothing that was said later or beside it", () =>
    Effect.gen(function* () {
      const { alice, id, shares, turn } = yield* seeded
      yield* turn("one", "first")
      const shared = yield* turn("two", "second")
      const { share, token } = yield* alice(shares.create(id, {}))
      assert.deepInclude(share, { messageId: shared.run.messageId, messageCount: 4, title: "A room", expiresAtMs: null })
      yield* turn("three", "third")
      const shown = yield* shares.read(token, {})
      assert.deepStrictEqual(wordsOf(shown), ["one", "first", "two", "second"])
      assert.deepStrictEqual([shown.title, shown.messageCount, shown.nextCursor], ["A room", 4, null])
      const earlier = yield* alice(shares.create(id, { messageId: shared.messageId }))
      assert.deepStrictEqual(wordsOf(yield* shares.read(earlier.token, {})), ["one", "first", "two"])
    })
  )

  it.effect("gives the files of what it shows, to nobody after it is revoked, and no others", () =>
    Effect.gen(function* () {
      const { alice, id, key, shares, store, tenant, turn } = yield* seeded
      const attachments = yield* Attachments
      const upload = (name: string) => alice(attachments.upload(id, name, new TextEncoder().encode(name)))
      const [shown, later] = [yield* upload("shown.txt"), yield* upload("later.txt")]
      const file = ({ bytes, contentType, id, name }: Attachment) =>
        ({ type: "file", attachmentId: id, name, contentType, bytes }) as const
      const sendFile = Effect.fnUntraced(function* (attachment: Attachment) {
        const context = yield* contextOf(tenant.alice)
        yield* store.acceptSend(key, { ...said("with a file"), content: [file(attachment)] }, context)
        yield* store.closeRun(key, closeOf(context, "read"))
      })
      yield* sendFile(shown)
      const { share, token } = yield* alice(shares.create(id, {}))
      yield* turn("more", "later")
      yield* sendFile(later)
      const [first] = (yield* shares.read(token, {})).messages
      assert.deepStrictEqual(first?.content, [file(shown)])
      const given = yield* shares.file(token, shown.id)
      assert.strictEqual(new TextDecoder().decode(given.content), "shown.txt")
      assert.strictEqual(yield* tagOf(shares.file(token, later.id)), "NotFound")
      assert.strictEqual(yield* tagOf(shares.file("sh_nothing", shown.id)), "NotFound")
      yield* alice(shares.revoke(share.id))
      assert.strictEqual(yield* tagOf(shares.file(token, shown.id)), "NotFound")
    })
  )

  it.effect("tells nobody's id: people by numbers, in the order in which they spoke", () =>
    Effect.gen(function* () {
      const { alice, id, key, shares, store, tenant, turn } = yield* seeded
      yield* store.addMember(key, tenant.bob)
      yield* turn("from Bob", "hello", tenant.bob)
      yield* turn("from Alice", "hello")
      yield* turn("Bob again", "hello", tenant.bob)
      const { token } = yield* alice(shares.create(id, {}))
      const shown = yield* shares.read(token, {})
      assert.deepStrictEqual(
        shown.messages.map(({ author }) => author),
        [1, null, 2, null, 1, null]
      )
      assert.notMatch(JSON.stringify(shown), /(ten|prn|cnv|msg|run|key|shr)_/)
    })
  )

  it.effect("shows text and images, not what was thought or what tools said", () =>
    Effect.gen(function* () {
      const { alice, id, key, shares, store, tenant } = yield* seeded
      const context = yield* contextOf(tenant.alice)
      yield* store.acceptSend(
        key,
        {
          ...said("look"),
          content: [
            { type: "image", url: "https://x/y.png" },
            { type: "tool-result", toolCallId: "1", content: "hidden" }
          ]
        },
        context
      )
      yield* store.closeRun(key, {
        ...closeOf(context, ""),
        content: [
          { type: "reasoning", text: "hidden", signature: "hidden" },
          { type: "tool-call", id: "1", name: "hidden", arguments: "{}" },
          { type: "text", text: "shown" }
        ]
      })
      const { token } = yield* alice(shares.create(id, {}))
      const shown = yield* shares.read(token, {})
      assert.notInclude(JSON.stringify(shown), "hidden")
      assert.deepStrictEqual(shown.messages[0]?.content, [{ type: "image", url: "https://x/y.png" }])
      assert.deepStrictEqual(shown.messages[1]?.content, [{ type: "text", text: "shown" }])
    })
  )

  it.effect("comes by pages", () =>
    Effect.gen(function* () {
      const { alice, id, shares, turn } = yield* seeded
      for (let index = 0; index < 3; index++) yield* turn(`q${index}`, `a${index}`)
      const { token } = yield* alice(shares.create(id, {}))
      const first = yield* shares.read(token, { limit: 4 })
      assert.deepStrictEqual([wordsOf(first), first.nextCursor], [["q0", "a0", "q1", "a1"], "4"])
      const second = yield* shares.read(token, { limit: 4, cursor: "4" })
      assert.deepStrictEqual([wordsOf(second), second.nextCursor], [["q2", "a2"], null])
      assert.deepStrictEqual(wordsOf(yield* shares.read(token, { cursor: "99" })), [])
      for (const page of [{ cursor: "x" }, { cursor: "-1" }, { limit: 0 }]) {
        assert.strictEqual(yield* tagOf(shares.read(token, page)), "InvalidRequest")
      }
    })
  )

  it.effect("ends with its revocation, its time, its conversation, its tenant; an invented one never began", () =>
    Effect.gen(function* () {
      const { alice, id, key, shares, store, tenant, turn } = yield* seeded
      yield* turn("one", "first")
      const [revoked, short, other] = [
        yield* alice(shares.create(id, {})),
        yield* alice(shares.create(id, { expiresInMs: 60_000 })),
        yield* alice(shares.create(id, {}))
      ]
      assert.isNotNull((yield* alice(shares.revoke(revoked.share.id))).revokedAtMs)
      yield* TestClock.adjust(60_000)
      for (const { token } of [revoked, short]) assert.strictEqual(yield* tagOf(shares.read(token, {})), "NotFound")
      assert.strictEqual((yield* alice(shares.list(id))).length, 3)
      const sql = yield* SqlClient.SqlClient
      yield* sql`update tenants set status = 'suspended' where id = ${tenant.tenantId}`
      assert.strictEqual(yield* tagOf(shares.read(other.token, {})), "NotFound")
      yield* sql`update tenants set status = 'active' where id = ${tenant.tenantId}`
      assert.strictEqual(yield* tagOf(shares.read(other.token, {})), "allowed")
      yield* store.remove(key)
      assert.strictEqual(yield* tagOf(shares.read(other.token, {})), "NotFound")
      for (const token of ["", "sh_", `sh_${"0".repeat(43)}`, "sh_\0"]) {
        assert.strictEqual(yield* tagOf(shares.read(token, {})), "NotFound")
      }
    })
  )

  it.effect("is made by members who are no guests, of what is complete", () =>
    Effect.gen(function* () {
      const { alice, as, bob, id, key, shares, store, tenant, turn } = yield* seeded
      assert.strictEqual(yield* tagOf(alice(shares.create(id, {}))), "NotFound")
      yield* turn("one", "first")
      assert.strictEqual(yield* tagOf(bob(shares.create(id, {}))), "NotFound")
      assert.strictEqual(yield* tagOf(bob(shares.list(id))), "NotFound")
      yield* store.addMember(key, tenant.bob)
      assert.strictEqual(yield* tagOf(as(tenant.bob, "guest")(shares.create(id, {}))), "Forbidden")
      assert.strictEqual(yield* tagOf(alice(shares.create(id, { messageId: yield* makeMessageId }))), "NotFound")
      const { share } = yield* alice(shares.create(id, {}))
      assert.strictEqual(yield* tagOf(bob(shares.revoke(share.id))), "NotFound")
      const bobs = yield* bob(shares.create(id, {}))
      assert.strictEqual(yield* tagOf(bob(shares.revoke(bobs.share.id))), "allowed")
      const context = yield* contextOf(tenant.alice)
      yield* store.acceptSend(key, said("still open"), context)
      assert.strictEqual(yield* tagOf(alice(shares.create(id, {}))), "Conflict")
      // What was asked is complete already.
      assert.strictEqual(yield* tagOf(alice(shares.create(id, { messageId: context.messageId }))), "allowed")
    })
  )

  it.effect("is one of so many", () =>
    Effect.gen(function* () {
      const { alice, id, key, shares, store, tenant } = yield* seeded
      yield* store.acceptSend(key, { ...said("hi"), reply: false }, withoutRun(yield* contextOf(tenant.alice)))
      for (let made = 0; made < maxSharesPerConversation; made++) yield* alice(shares.create(id, {}))
      assert.strictEqual(yield* tagOf(alice(shares.create(id, {}))), "Conflict")
    })
  )
})
