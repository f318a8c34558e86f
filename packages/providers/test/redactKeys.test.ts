import { assert, describe, it } from "@effect/vitest"
import { redactKeys } from "../src/call/providerErrors.ts"

const table: ReadonlyArray<readonly [said: string, told: string]> = [
  ["Incorrect API key provided: sk-proj-abc_DEF123456.", "Incorrect API key provided: [redacted]"],
  ["key sk-ant-api03-AbC-123_xyz is bad", "key [redacted] is bad"],
  ["key sk-abcd****wxyz is bad", "key [redacted] is bad"],
  ["gsk_0123456789abcdef failed", "[redacted] failed"],
  ["(xai-0123456789abcdef)", "([redacted])"],
  ["header was 'Bearer eyJhbGci.eyJzdWIi.c2ln'", "header was '[redacted]'"],
  ["pk_live0123456789 and sk-0123456789", "[redacted] and [redacted]"],
  ["the task-oriented model has too many tokens", "the task-oriented model has too many tokens"],
  ["risk-averse-answers are not supported", "risk-averse-answers are not supported"]
]

describe("what a provider says", () => {
  for (const [said, told] of table) it(said, () => assert.strictEqual(redactKeys(said), told))
})
