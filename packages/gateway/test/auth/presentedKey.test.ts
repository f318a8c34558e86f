import { Headers } from "effect/http"
import { describe, expect, it } from "vitest"
import { presentedKey } from "../../src/auth/authenticateRequest.ts"

describe("the presented key", () => {
  it.each([
    [{ authorization: "Bearer pk_1" }, "pk_1"],
    [{ authorization: "bearer pk_1" }, "pk_1"],
    [{ authorization: "BEARER   pk_1 " }, "pk_1"],
    [{ "x-api-key": "pk_2" }, "pk_2"],
    [{ authorization: "Bearer pk_1", "x-api-key": "pk_2" }, "pk_1"],
    [{ authorization: "Basic cGtfMQ==", "x-api-key": "pk_2" }, undefined],
    [{ authorization: "pk_1" }, undefined],
    [{}, undefined]
  ])("of %j is %s", (headers, key) => {
    expect(presentedKey(Headers.fromInput(headers))).toBe(key)
  })
})
