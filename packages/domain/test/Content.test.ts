/** What may be sent is bounded; what was stored is not. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { ImageUrlInput, maxImageUrlLength, maxParts, maxTextLength, Part, UserContent } from "../src/Content.ts"

const text = { type: "text", text: "x".repeat(maxTextLength + 1) }
const result = { type: "tool-result", toolCallId: "call", content: "x".repeat(maxTextLength + 1) }
const image = { type: "image", url: `data:image/png;base64,${"A".repeat(maxImageUrlLength)}` }
const oddImage = { type: "image", url: "ftp://example.com/a.png" }

const isPart = Schema.is(Part)
const isUserContent = Schema.is(UserContent)
const isImageUrl = Schema.is(ImageUrlInput)

const base64 = (...of: ReadonlyArray<string | number>) =>
  btoa(of.map((part) => (typeof part === "number" ? String.fromCharCode(part) : part)).join(""))

describe("Content", () => {
  it("a part past the bounds of what may be sent is refused when it is sent, and read when it is stored", () => {
    for (const part of [text, result, image, oddImage]) {
      assert.isFalse(isUserContent([part]))
      assert.isTrue(isPart(part))
    }
  })

  it("what is sent has a part, and at most as many as are allowed", () => {
    const part = { type: "text", text: "hello" }
    assert.isFalse(isUserContent([]))
    assert.isTrue(isUserContent(Array.from({ length: maxParts }, () => part)))
    assert.isFalse(isUserContent(Array.from({ length: maxParts + 1 }, () => part)))
  })

  it.each([
    ["PNG", true, base64(0x89, "PNG\r\n", 0x1a, "\n", 0, 0, 0, 13)],
    ["JPEG", true, base64(0xff, 0xd8, 0xff, 0xe0)],
    ["JPEG", true, base64(0xff, 0xd8, 0xff, 0xff, 0xff)],
    ["GIF", true, base64("GIF87a", 1, 2)],
    ["GIF", true, base64("GIF89a", 255, 255)],
    ["WebP", true, base64("RIFF", 0, 0, 0, 0, "WEBPVP8 ")],
    ["WebP", true, base64("RIFF", 255, 255, 255, 255, "WEBPVP8L")],
    ["WAVE", false, base64("RIFF", 1, 2, 3, 4, "WAVEfmt ")],
    ["PDF", false, base64("%PDF-1.7 and more")],
    ["text", false, base64("a text that says it is a PNG")],
    ["nothing", false, ""],
    ["no base64", false, "\u0089PNG\r\n\u001a\n"]
  ])("an image in a `data:` URL is one by its first bytes: %s, %s", (_kind, isTaken, data) => {
    for (const type of ["png", "jpeg", "gif", "webp"]) {
      assert.strictEqual(isImageUrl(`data:image/${type};base64,${data}`), isTaken)
    }
  })
})
