import { assert, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { TestClock } from "effect/testing"
import { ConversationId, makeConversationId, makeRequestId, makeRunId, RequestId, RunId } from "../src/Ids.ts"

it.effect("ids sort by the time of their making, to the millisecond", () =>
  Effect.gen(function* () {
    const ids: Array<string> = []
    for (let i = 0; i < 100; i++) {
      ids.push(yield* makeRunId)
      yield* TestClock.adjust(1)
    }
    assert.deepStrictEqual([...ids].sort(), ids)
    assert.strictEqual(new Set(ids).size, ids.length)
  })
)

it.effect("an id of one kind is refused where another is asked", () =>
  Effect.gen(function* () {
    const conversation = yield* makeConversationId
    assert.isTrue(Schema.is(ConversationId)(conversation))
    assert.isFalse(Schema.is(RunId)(conversation))
    for (const wrong of [
      "",
      "cnv_",
      `${conversation}x`,
      conversation.toUpperCase(),
      `cnv_${"u".repeat(26)}`,
      "cnv_' or 1=1 --"
    ]) {
      assert.isFalse(Schema.is(ConversationId)(wrong), wrong)
    }
  })
)

it("a made request id passes the check that presented ones must pass", () => {
  assert.isTrue(Schema.is(RequestId)(makeRequestId(1_700_000_000_000)))
  assert.isFalse(Schema.is(RequestId)("a\r\nset-cookie: b"))
})
