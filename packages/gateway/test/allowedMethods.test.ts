import { describe, expect, it } from "vitest"
import { allowedMethods } from "../src/allowedMethods.ts"

describe("the methods of a path", () => {
  it.each([
    ["/api/conversations", ["GET", "HEAD", "POST"]],
    ["/api/conversations/?limit=1", ["GET", "HEAD", "POST"]],
    ["/api/conversations/cnv_1", ["DELETE", "GET", "HEAD", "PATCH"]],
    ["/v1/models/meta/llama-4", ["GET", "HEAD"]],
    ["/v1/chat/completions", ["POST"]],
    ["/v1/embeddings", ["POST"]],
    ["/v1/chatXcompletions", []],
    ["/api/conversations/a/b", []],
    ["/api/conversations/%E0%A4%A", []],
    ["/", []]
  ])("of %s are %j", (url, methods) => {
    expect(allowedMethods(url)).toEqual(methods)
  })
})
