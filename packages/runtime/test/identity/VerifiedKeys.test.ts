/** What only a database that answers when the test says can show. */
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Layer } from "effect"
import { SystemSql } from "../../src/storage/SystemSql.ts"
import { VerifiedKeys } from "../../src/identity/VerifiedKeys.ts"
import { makeApiKeyId, makePrincipalId, makeTenantId } from "../storage/support/ids.ts"
import { tagOf } from "./support.ts"

/** Answers each question with what `answer` gives for its number, from 1. */
const stage = Effect.fnUntraced(function* (answer: (question: number) => Effect.Effect<ReadonlyArray<unknown>>) {
  let questions = 0
  const notAsked = () => Effect.die(new Error("not asked for here"))
  const database = Layer.succeed(SystemSql, {
    read: () => Effect.suspend(() => answer(++questions)),
    write: notAsked,
    transaction: notAsked,
    asOwner: notAsked
  })
  const context = yield* Layer.build(VerifiedKeys.layer.pipe(Layer.provide(database)))
  return { keys: yield* Effect.provide(VerifiedKeys, context), questions: () => questions }
})

const row = Effect.gen(function* () {
  return {
    keyId: yield* makeApiKeyId,
    viaKeyId: null,
    tenantId: yield* makeTenantId,
    principalId: yield* makePrincipalId,
    roles: ["member"],
    scopes: ["chat"],
    expiresAtMs: null,
    revokedAtMs: null as number | null,
    tenantStatus: "active"
  }
})

describe("VerifiedKeys", () => {
  it.effect("asks again when a revocation came between a question and its answer", () =>
    Effect.gen(function* () {
      const key = yield* row
      const asked = yield* Deferred.make<void>()
      const gate = yield* Deferred.make<void>()
      const { keys, questions } = yield* stage((question) =>
        question === 1
          ? Deferred.succeed(asked, undefined).pipe(Effect.andThen(Deferred.await(gate)), Effect.as([key]))
          : Effect.succeed([{ ...key, revokedAtMs: 1 }])
      )
      const asking = yield* Effect.forkChild(tagOf(keys.lookup("hash")), { startImmediately: true })
      yield* Deferred.await(asked)
      keys.forgetKey(key, key.keyId)
      yield* Deferred.succeed(gate, undefined)
      assert.strictEqual(yield* Fiber.join(asking), "Unauthorized")
      assert.strictEqual(questions(), 2)
      assert.deepInclude(keys.peek("hash"), { _tag: "Unauthorized" })
    })
  )

  it.effect("asks one question for one key however many present it, and refuses more keys at once than its bound", () =>
    Effect.gen(function* () {
      const key = yield* row
      const gate = yield* Deferred.make<void>()
      const { keys, questions } = yield* stage(() => Effect.as(Deferred.await(gate), [key]))
      const fibers = yield* Effect.forEach(Array.from({ length: 2_000 }), (_, index) =>
        Effect.forkChild(Effect.exit(keys.lookup(`${index % 1_000}`)), { startImmediately: true })
      )
      yield* Effect.forEach(Array.from({ length: 1_000 }), (_, index) =>
        Effect.forkChild(Effect.exit(keys.lookup(`more ${index}`)), { startImmediately: true })
      )
      assert.strictEqual(yield* tagOf(keys.lookup("one too many")), "Unavailable")
      yield* Deferred.succeed(gate, undefined)
      const exits = yield* Fiber.joinAll(fibers)
      assert.isTrue(exits.every(Exit.isSuccess))
      assert.isAtMost(questions(), 2_000)
      assert.isAtLeast(questions(), 1_000)
    })
  )

  it.effect("forgets the oldest key past its bound, and nobody else's", () =>
    Effect.gen(function* () {
      const key = yield* row
      const { keys } = yield* stage(() => Effect.succeed([key]))
      for (let index = 0; index <= 10_000; index++) yield* keys.lookup(`${index}`)
      assert.isUndefined(keys.peek("0"))
      assert.isDefined(keys.peek("1"))
      assert.isDefined(keys.peek("10000"))
    })
  )
})
