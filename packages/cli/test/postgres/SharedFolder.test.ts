import { existsSync, writeFileSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { temporaryFolder } from "../../../../test/support/temporaryFolder.ts"
import { withLock } from "../../src/postgres/SharedFolder.ts"

const folder = Effect.acquireRelease(
  Effect.promise(() => temporaryFolder("lock")),
  (made) => Effect.promise(made.remove)
).pipe(Effect.map((made) => made.path))

/** Lets file work happen, which the test clock does not govern. */
const nextTurn = Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve)))

it.effect("a lock that a living program keeps is given up on after a bounded wait, and named", () =>
  Effect.gen(function* () {
    const path = yield* folder
    writeFileSync(join(path, "postgres.lock"), String(process.ppid))
    const waiting = yield* Effect.forkChild(Effect.flip(withLock(path, Effect.void)))
    while (waiting.pollUnsafe() === undefined) {
      yield* TestClock.adjust(1_000)
      yield* nextTurn
    }
    const error = yield* Fiber.join(waiting)
    assert.strictEqual(error.reason, "locked")
    assert.include(error.message, String(process.ppid))
    assert.include(error.message, join(path, "postgres.lock"))
    assert.isTrue(existsSync(join(path, "postgres.lock")))
  }).pipe(Effect.scoped)
)

it.live("one piece of work at a time holds the lock, and gives it back when it fails or is interrupted", () =>
  Effect.gen(function* () {
    const path = yield* folder
    const lock = join(path, "postgres.lock")
    let inside = 0
    let most = 0
    const work = Effect.gen(function* () {
      most = Math.max(most, ++inside)
      assert.strictEqual(yield* Effect.promise(() => readFile(lock, "utf8")), String(process.pid))
      yield* nextTurn
      inside--
    })
    yield* Effect.all([withLock(path, work), withLock(path, work), withLock(path, work)], { concurrency: 3 })
    assert.strictEqual(most, 1)
    yield* Effect.exit(withLock(path, Effect.die("defect")))
    const fiber = yield* Effect.forkChild(withLock(path, Effect.never))
    while (!existsSync(lock)) yield* nextTurn
    yield* Fiber.interrupt(fiber)
    assert.isFalse(existsSync(lock))
  }).pipe(Effect.scoped)
)
