import { assert } from "@effect/vitest"
import { Effect } from "effect"

/** What a call of a client fails with; that it fails is part of the claim. */
export const caught = (call: PromiseLike<unknown>): Effect.Effect<unknown> =>
  Effect.promise(() =>
    Promise.resolve(call).then(
      (value) => assert.fail(`It should have failed, and was ${JSON.stringify(value)}.`),
      (error: unknown) => error
    )
  )
