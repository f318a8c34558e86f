/** PDF files, good and hostile, read by a real process. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer } from "effect"
import { deflateSync } from "node:zlib"
import { PdfBounds, PdfText } from "../../src/attachments/PdfText.ts"
import { makePdf, pagesOf, pdfOf, streamOf } from "./support/makePdf.ts"

const standard = Effect.runSync(
  Effect.gen(function* () {
    return yield* PdfBounds
  })
)

const reading = <A, E>(test: (pdf: PdfText["Service"]) => Effect.Effect<A, E>, bounds: Partial<PdfBounds> = {}) =>
  Effect.flatMap(PdfText, test).pipe(
    Effect.provide(Layer.provide(PdfText.layer, Layer.succeed(PdfBounds, { ...standard, ...bounds })))
  )

const told = (content: Uint8Array, bounds?: Partial<PdfBounds>) =>
  reading(
    (pdf) =>
      Effect.match(pdf.read(content), { onFailure: ({ _tag, message }) => `${_tag}: ${message}`, onSuccess: (text) => text }),
    bounds
  )

/** A stream that unfolds to so many bytes, packed twice. */
const bomb = (bytes: number) =>
  streamOf(deflateSync(deflateSync(Buffer.alloc(bytes, 0x20))).toString("latin1"), "/Filter [/FlateDecode /FlateDecode]")

/** For RC4 with a password that nobody here has. */
const encrypted = pagesOf(
  [streamOf("x")],
  `/ID [<00112233445566778899aabbccddeeff> <00112233445566778899aabbccddeeff>] /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <${"41".repeat(32)}> /U <${"42".repeat(32)}> >>`
)

describe("the text of a PDF", () => {
  it.live("is told page by page; pages without any are passed over", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* told(makePdf("Hello", " ", "world")), "[Page 1]\nHello\n\n[Page 3]\nworld")
    })
  )

  it.live("that is too long is cut, with a note", () =>
    Effect.gen(function* () {
      const text = yield* told(makePdf("x".repeat(50), "y".repeat(500), "z"), { maxCharacters: 100 })
      assert.match(text, /^\[Page 1\]\nx{50}\n\n\[Page 2\]\ny+\n\[The rest is left out: this is page 2 of 3\.\]$/)
    })
  )

  it.live.each([
    ["encrypted", encrypted, {}, /^InvalidRequest: The PDF is encrypted\. Save it without/],
    ["scanned", pagesOf([streamOf("0 0 10 10 re f")]), {}, /^InvalidRequest: The PDF has no text.*OCR/],
    ["broken", new TextEncoder().encode("%PDF-1.7 and nothing more"), {}, /^InvalidRequest: The PDF is broken/],
    ["without pages", pdfOf(["<< /Type /Catalog >>"]), {}, /^InvalidRequest: The PDF is broken/],
    ["of too many pages", makePdf("a", "b", "c"), { maxPages: 2 }, /^InvalidRequest: The PDF has 3 pages; at most 2 are taken/],
    ["nested without end", pdfOf(["<< /Type /Catalog /Pages ".concat("[".repeat(1_000_000))]), {}, /^InvalidRequest: /],
    [
      "a bomb",
      pagesOf([bomb(600_000_000)]),
      { maxMegabytes: 256, maxHeapMegabytes: 64 },
      /^InvalidRequest: .*(memory|broken|no text|longer)/
    ],
    ["slower than its bound", makePdf("a"), { maxMs: 1 }, /^InvalidRequest: Reading the PDF takes longer than 0\.001 s/]
  ] as const)("%s is refused, with what to do", ([, content, bounds, expected]) =>
    Effect.gen(function* () {
      assert.match(yield* told(content, bounds), expected)
    })
  )

  it.live("one past the bound is told to come again, and the place of an interrupted one is free", () =>
    reading(
      (pdf) =>
        Effect.gen(function* () {
          const first = yield* Effect.forkChild(pdf.read(makePdf("first")), { startImmediately: true })
          const waiting = yield* Effect.forkChild(pdf.read(makePdf("waiting")), { startImmediately: true })
          const refused = yield* Effect.flip(pdf.read(makePdf("refused")))
          assert.strictEqual(refused._tag, "Busy")
          yield* Fiber.interrupt(first)
          assert.strictEqual(yield* Fiber.join(waiting), "[Page 1]\nwaiting")
          assert.strictEqual(yield* pdf.read(makePdf("after")), "[Page 1]\nafter")
        }),
      { maxAtOnce: 1, maxWaiting: 1 }
    )
  )
})
