/** Which files go along with a message, and as what. */
import { describe, expect, it } from "vitest"
import { chooseFiles, maxAttachments } from "../../src/features/composer/chooseFiles.ts"
import { maxUploadBytes, readAttachment } from "../../src/features/composer/readAttachment.ts"

const bytes = (...of: ReadonlyArray<number>) => new Uint8Array(of)

describe("a file that is attached", () => {
  it("is taken as text where it decodes as that, whatever its name and type say", async () => {
    for (const [name, type] of [
      ["main.go", ""],
      ["lib.rs", ""],
      ["query.sql", "application/x-sql"],
      ["App.tsx", "video/mp2t"],
      ["icon.svg", "image/svg+xml"],
      ["notes.txt", "text/plain"]
    ] as const)
      expect(await readAttachment(new File(["of vaccines, ü"], name, { type }))).toEqual({ kind: "upload", isCut: false })
  })

  it("is taken in UTF-16 that says so", async () => {
    for (const content of [bytes(0xff, 0xfe, 0xfc, 0), bytes(0xfe, 0xff, 0, 0xfc)])
      expect(await readAttachment(new File([content], "a.txt"))).toEqual({ kind: "upload", isCut: false })
  })

  it("is refused where it is neither text, PDF nor an image, or nothing at all", async () => {
    const badType = { kind: "refused", reason: "composer.badType" }
    expect(await readAttachment(new File([bytes(0x50, 0x4b, 3, 4, 0)], "a.zip"))).toEqual(badType)
    // Latin-1, UTF-16 that is cut off, and UTF-16 without a mark.
    for (const content of [bytes(0x66, 0xfc, 0x72), bytes(0xff, 0xfe, 0x41), bytes(0x41, 0, 0x42, 0)])
      expect(await readAttachment(new File([content], "odd.txt", { type: "text/plain" }))).toEqual(badType)
    expect(await readAttachment(new File([], "empty.txt"))).toEqual({ kind: "refused", reason: "composer.emptyFile" })
  })

  it("is refused where it only says that it is an image or a PDF, by its type or its name", async () => {
    const notAsSaid = { kind: "refused", reason: "composer.notAsSaid" }
    for (const [name, type] of [
      ["a.png", "image/png"],
      ["a.JPG", ""],
      ["paste", "image/webp"],
      ["a.pdf", "application/pdf"]
    ] as const)
      for (const content of ["<svg/>", bytes(0x50, 0x4b, 3, 4, 0)])
        expect(await readAttachment(new File([content], name, { type }))).toEqual(notAsSaid)
  })

  it("is known as a PDF without a type", async () => {
    expect(await readAttachment(new File(["%PDF-1.7 ", bytes(0)], "paper"))).toEqual({ kind: "upload", isCut: false })
  })

  it("is told to be cut where a model is not given all of it", async () => {
    expect(await readAttachment(new File(["x".repeat(200_001)], "long.log"))).toEqual({ kind: "upload", isCut: true })
  })
})

describe("files that are attached together", () => {
  const named = (count: number) => Array.from({ length: count }, (_, index) => new File(["x"], `${index}.txt`))

  it("are as many as there are places, and the others are told", () => {
    const { surplus, taken } = chooseFiles(named(5), maxAttachments - 3)
    expect([taken.length, surplus.map(({ name }) => name)]).toEqual([3, ["3.txt", "4.txt"]])
    expect(chooseFiles(named(1), maxAttachments).surplus).toHaveLength(1)
  })

  it("lose no place to one that is too large", () => {
    const large = new File([new Uint8Array(maxUploadBytes + 1)], "large.txt")
    const { surplus, taken, tooLarge } = chooseFiles([large, ...named(maxAttachments)], 0)
    expect([taken.length, tooLarge, surplus]).toEqual([maxAttachments, [large], []])
  })
})
