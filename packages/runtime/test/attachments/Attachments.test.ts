/** Files against Postgres and an object store: who may bring and see them, what models read, and what is swept. */
import { assert, describe, it, layer } from "@effect/vitest"
import { Effect, Layer, Option } from "effect"
import { TestClock } from "effect/testing"
import { SqlClient } from "effect/sql"
import { Attachments, maxAttachmentBytes, maxAttachmentsPerConversation } from "@parley/domain/Attachments"
import type { Attachment } from "@parley/domain/Attachments"
import { Caller } from "@parley/domain/Caller"
import { makeAttachmentId } from "@parley/domain/Ids"
import type { PrincipalId } from "@parley/domain/Ids"
import { AttachmentSweep } from "../../src/attachments/AttachmentSweep.ts"
import { FileContents, withFiles } from "../../src/attachments/FileContents.ts"
import { sniffType } from "../../src/attachments/sniffType.ts"
import { objectKey, SqlAttachments, textKey } from "../../src/attachments/SqlAttachments.ts"
import { ObjectStore } from "../../src/objects/ObjectStore.ts"
import { ConversationStore } from "../../src/storage/ConversationStore.ts"
import { SqlConversationStore } from "../../src/storage/SqlConversationStore.ts"
import { callerWith, tagOf } from "../identity/support.ts"
import { contextOf, said, seedConversation, seedTenant, TestDatabase, withoutRun } from "../storage/support/TestDatabase.ts"
import { makePdf } from "./support/makePdf.ts"

const Tested = Layer.mergeAll(SqlAttachments.layer, SqlConversationStore.layer).pipe(
  Layer.provideMerge(ObjectStore.layerMemory),
  Layer.provideMerge(TestDatabase)
)

const bytes = (text: string) => new TextEncoder().encode(text)
/** Little-endian, with its mark. */
const utf16 = (text: string) => Buffer.from(`\uFEFF${text}`, "utf16le")
const png = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3])

const seeded = Effect.gen(function* () {
  const tenant = yield* seedTenant
  const attachments = yield* Attachments
  const key = yield* seedConversation(tenant)
  const as =
    (principalId: PrincipalId) =>
    <A, E>(effect: Effect.Effect<A, E, Caller>) =>
      Effect.provideService(effect, Caller, callerWith({ ...tenant, principalId }, ["member"]))
  return { tenant, attachments, key, id: key.conversationId, alice: as(tenant.alice), bob: as(tenant.bob) }
})

const partOf = ({ bytes: size, contentType, id, name }: Attachment) => ({
  type: "file" as const,
  attachmentId: id,
  name,
  contentType,
  bytes: size
})

const day = 86_400_000

layer(Tested, { timeout: "60 seconds" })("A file", (it) => {
  it.effect("is kept as it was brought, for members only", () =>
    Effect.gen(function* () {
      const { alice, attachments, bob, id, tenant } = yield* seeded
      const made = yield* alice(attachments.upload(id, "Ünï\0.txt", bytes("hello")))
      assert.deepInclude(made, { contentType: "text/plain", bytes: 5, name: "Ünï\uFFFD.txt", createdBy: tenant.alice })
      assert.deepStrictEqual(yield* alice(attachments.download(made.id)), { attachment: made, content: bytes("hello") })
      assert.strictEqual(yield* tagOf(bob(attachments.download(made.id))), "NotFound")
      assert.strictEqual(yield* tagOf(bob(attachments.upload(id, "x", bytes("x")))), "NotFound")
      assert.strictEqual(yield* tagOf(alice(attachments.download(yield* makeAttachmentId))), "NotFound")
      yield* (yield* ObjectStore).remove(objectKey(tenant.tenantId, id, made.id))
      assert.strictEqual(yield* tagOf(alice(attachments.download(made.id))), "NotFound")
    })
  )

  it.effect("is refused when it is empty, too large, of another kind, or one too many", () =>
    Effect.gen(function* () {
      const { alice, attachments, id, tenant } = yield* seeded
      assert.strictEqual(yield* tagOf(alice(attachments.upload(id, "x", bytes("")))), "InvalidRequest")
      assert.strictEqual(yield* tagOf(alice(attachments.upload(id, "x", bytes("PK\u0003\u0004\0")))), "InvalidRequest")
      const large = new Uint8Array(maxAttachmentBytes + 1)
      assert.strictEqual(yield* tagOf(alice(attachments.upload(id, "x", large))), "PayloadTooLarge")
      const sql = yield* SqlClient.SqlClient
      yield* sql`
        insert into attachments (tenant_id, id, conversation_id, created_by, name, content_type, bytes, created_at_ms, sweep_at_ms)
        select ${tenant.tenantId}, 'att_' || n, ${id}, ${tenant.alice}, '', 'text/plain', 1, 1, 9000000000000
        from generate_series(1, ${maxAttachmentsPerConversation}::int) n`
      assert.strictEqual(yield* tagOf(alice(attachments.upload(id, "x", bytes("x")))), "Conflict")
    })
  )

  it.effect(
    "is refused when it is not what its name says, in words that say what to do; of another image's name it is what it is",
    () =>
      Effect.gen(function* () {
        const { alice, attachments, id } = yield* seeded
        const reasonOf = (name: string, content: Uint8Array) => Effect.flip(alice(attachments.upload(id, name, content)))
        for (const [name, kind] of [
          ["a.png", "a PNG image"],
          ["a.b.JPG", "a JPEG image"],
          ["a.webp", "a WebP image"],
          ["a.gif", "a GIF image"],
          ["a.pdf", "a PDF"]
        ] as const) {
          for (const content of [bytes("<svg/>"), bytes("PK\u0003\u0004\0")]) {
            const { _tag, message } = yield* reasonOf(name, content)
            assert.strictEqual(_tag, "InvalidRequest")
            assert.match(message, new RegExp(`^By its name the file is ${kind}, .* Save it again`))
          }
        }
        assert.strictEqual((yield* alice(attachments.upload(id, "a.jpg", png))).contentType, "image/png")
        assert.strictEqual((yield* alice(attachments.upload(id, "png", bytes("x")))).contentType, "text/plain")
      })
  )

  it.effect("is given to models as what it is: an image, or text with its name; and only in its own conversation", () =>
    Effect.gen(function* () {
      const { alice, attachments, id, key, tenant } = yield* seeded
      const read = yield* FileContents
      const image = yield* alice(attachments.upload(id, "a.txt", png))
      const text = yield* alice(attachments.upload(id, "notes", bytes("remember")))
      const long = yield* alice(attachments.upload(id, "long", bytes("x".repeat(300_000))))
      assert.deepStrictEqual(yield* read(key, partOf(image)), {
        type: "image",
        url: `data:image/png;base64,${Buffer.from(png).toString("base64")}`
      })
      assert.deepStrictEqual(yield* read(key, partOf(text)), { type: "text", text: 'The file "notes":\n\nremember\n\n' })
      const cut = yield* read(key, partOf(long))
      assert.isTrue(cut.type === "text" && cut.text.length < 201_000 && cut.text.endsWith("[The rest is left out.]\n\n"))
      const missing = { type: "text" as const, text: '[The file "notes" is no longer there.]' }
      const elsewhere = yield* seedConversation(tenant)
      assert.deepStrictEqual(yield* read(elsewhere, partOf(text)), missing)
      const other = yield* seeded
      assert.deepStrictEqual(yield* read(other.key, partOf(text)), missing)
      yield* (yield* ObjectStore).remove(objectKey(tenant.tenantId, id, text.id))
      assert.deepStrictEqual(yield* read(key, partOf(text)), missing)
    })
  )

  it.effect("of text in UTF-16 is kept as it is, and models read it; of another encoding it is told what to do", () =>
    Effect.gen(function* () {
      const { alice, attachments, id, key } = yield* seeded
      const read = yield* FileContents
      for (const content of [utf16("für"), utf16("für").swap16()]) {
        const made = yield* alice(attachments.upload(id, "notes.txt", content))
        assert.deepStrictEqual(Buffer.from((yield* alice(attachments.download(made.id))).content), content)
        assert.deepStrictEqual(yield* read(key, partOf(made)), { type: "text", text: 'The file "notes.txt":\n\nfür\n\n' })
      }
      const refused = yield* Effect.flip(alice(attachments.upload(id, "notes.txt", Buffer.from("für", "latin1"))))
      assert.deepInclude(refused, { _tag: "InvalidRequest" })
      assert.include(refused.message, "Save a text as UTF-8")
    })
  )

  it.effect("a path without files is left as it is, and one with a file has its content in its place", () =>
    Effect.gen(function* () {
      const { alice, attachments, id, key, tenant } = yield* seeded
      const read = yield* FileContents
      const store = yield* ConversationStore
      const file = partOf(yield* alice(attachments.upload(id, "notes", bytes("remember"))))
      yield* store.acceptSend(key, said("plain"), withoutRun(yield* contextOf(tenant.alice)))
      const plain = yield* store.latestMessages(key, 10)
      assert.strictEqual(yield* withFiles(read, key, plain), plain)
      yield* store.acceptSend(key, { ...said("x"), content: [file] }, withoutRun(yield* contextOf(tenant.alice)))
      const path = yield* withFiles(read, key, yield* store.latestMessages(key, 10))
      assert.deepStrictEqual(path[1]?.content, [{ type: "text", text: 'The file "notes":\n\nremember\n\n' }])
    })
  )

  it.effect("that is a PDF is kept with its text, which only its own conversation's models read, and swept with it", () =>
    Effect.gen(function* () {
      const { alice, attachments, bob, id, key, tenant } = yield* seeded
      const read = yield* FileContents
      const objects = yield* ObjectStore
      const content = makePdf("remember the milk")
      const made = yield* alice(attachments.upload(id, "list.pdf", content))
      assert.strictEqual(made.contentType, "application/pdf")
      assert.deepStrictEqual((yield* alice(attachments.download(made.id))).content, content)
      assert.deepStrictEqual(yield* read(key, partOf(made)), {
        type: "text",
        text: 'The file "list.pdf":\n\n[Page 1]\nremember the milk\n\n'
      })
      const missing = { type: "text" as const, text: '[The file "list.pdf" is no longer there.]' }
      assert.deepStrictEqual(yield* read(yield* seedConversation(tenant), partOf(made)), missing)
      const other = yield* seeded
      assert.deepStrictEqual(yield* read(other.key, partOf(made)), missing)
      assert.strictEqual(yield* tagOf(other.alice(attachments.download(made.id))), "NotFound")
      assert.strictEqual(yield* tagOf(bob(attachments.upload(id, "x.pdf", content))), "NotFound")
      assert.strictEqual(yield* tagOf(alice(attachments.upload(id, "x.pdf", bytes("%PDF-1.7")))), "InvalidRequest")
      yield* TestClock.adjust(day)
      yield* AttachmentSweep.run
      assert.isTrue(Option.isNone(yield* objects.get(textKey(tenant.tenantId, id, made.id))))
    })
  )

  it.effect("that nobody sent is swept after a day, one that was sent with its conversation", () =>
    Effect.gen(function* () {
      const { alice, attachments, id, key, tenant } = yield* seeded
      const store = yield* ConversationStore
      const objects = yield* ObjectStore
      const [sent, unsent] = [
        yield* alice(attachments.upload(id, "sent", bytes("sent"))),
        yield* alice(attachments.upload(id, "unsent", bytes("unsent")))
      ]
      yield* store.acceptSend(key, { ...said("x"), content: [partOf(sent)] }, withoutRun(yield* contextOf(tenant.alice)))
      yield* TestClock.adjust(day - 1)
      yield* AttachmentSweep.run
      assert.strictEqual(yield* tagOf(alice(attachments.download(unsent.id))), "allowed")
      yield* TestClock.adjust(1)
      yield* AttachmentSweep.run
      assert.strictEqual(yield* tagOf(alice(attachments.download(unsent.id))), "NotFound")
      assert.isTrue(Option.isNone(yield* objects.get(objectKey(tenant.tenantId, id, unsent.id))))
      assert.strictEqual(yield* tagOf(alice(attachments.download(sent.id))), "allowed")
      yield* store.remove(key)
      yield* TestClock.adjust(7 * day)
      yield* AttachmentSweep.run
      assert.isTrue(Option.isNone(yield* objects.get(objectKey(tenant.tenantId, id, sent.id))))
      const sql = yield* SqlClient.SqlClient
      assert.deepStrictEqual(yield* sql`select 1 from attachments where tenant_id = ${tenant.tenantId}`, [])
    })
  )
})

describe("what a file is", () => {
  it.each([
    ["image/png", png],
    ["image/jpeg", new Uint8Array([0xff, 0xd8, 0xff, 0xe0, 0])],
    ["image/gif", bytes("GIF89a\u0001")],
    ["image/webp", bytes("RIFF1234WEBPVP8 ")],
    ["text/plain", bytes("<script>alert(1)</script>")],
    ["text/plain", bytes("ünïcödé")],
    [undefined, bytes("RIFF1234WAVE\0")],
    ["application/pdf", bytes("%PDF-1.7")],
    ["text/plain", utf16("ünïcödé")],
    ["text/plain", utf16("ünïcödé").slice().swap16()],
    // Without its mark, cut off, and with a NUL in it.
    [undefined, utf16("abc").slice(2)],
    [undefined, utf16("abc").slice(0, 5)],
    [undefined, utf16("a\0b")],
    // Latin-1.
    [undefined, Buffer.from("für", "latin1")],
    [undefined, new Uint8Array([0x50, 0x4b, 3, 4, 0])],
    [undefined, new Uint8Array([0xc3, 0x28])],
    [undefined, bytes("a\0b")]
  ])("is %s by its bytes", (type, content) => {
    assert.strictEqual(sniffType(content), type)
  })
})
