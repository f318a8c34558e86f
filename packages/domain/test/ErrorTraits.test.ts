import { assert, it } from "@effect/vitest"
import { ParleyError } from "../src/Errors.ts"
import { errorTraits } from "../src/ErrorTraits.ts"

it("every error's row and its class name the same HTTP status", () => {
  for (const member of ParleyError.members) {
    const row = Object.entries(errorTraits).find(([tag]) => member.identifier === tag)
    assert.isDefined(row, member.identifier)
    assert.strictEqual(member.ast.annotations?.["httpApiStatus"], row?.[1].status, member.identifier)
  }
})

it("one code always comes with one status", () => {
  const statuses = new Map<string, number>()
  for (const row of Object.values(errorTraits)) {
    assert.strictEqual(statuses.get(row.code) ?? row.status, row.status, row.code)
    statuses.set(row.code, row.status)
  }
})

it("nothing that must change before a retry is called retryable", () => {
  for (const [tag, row] of Object.entries(errorTraits)) {
    if (row.status >= 400 && row.status < 500 && row.status !== 429) assert.strictEqual(row.retry, "never", tag)
  }
})
