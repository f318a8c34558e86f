/** What may be sent is bounded; what was stored is not. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { maxImageUrlLength, maxParts, maxTextLength, Part, UserContent } from "../src/Content.ts"

const text = { type: "text", text: "x".repeat(maxTextLength + 1) }
const result = { type: "tool-result", toolCallId: "call", content: "x".repeat(maxTextLength + 1) }
const image = { type: "image", url: `data:image/png;base64,${"A".repeat(maxImageUrlLength)}` }
const oddImage = { type: "image", url: "ftp://example.com/a.png" }

const isPart = Schema.is(Part)
const isUserContent = Schema.is(UserContent)

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
})
