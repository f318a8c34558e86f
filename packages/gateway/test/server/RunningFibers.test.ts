import { Cause, Deferred, Effect, Exit, Fiber } from "effect"
import { describe, expect, it } from "vitest"
import { RunningFibers } from "../../src/server/RunningFibers.ts"

const isInterrupted = (exit: Exit.Exit<unknown, unknown>) => Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)

describe("RunningFibers", () => {
  it("interrupts those that were not removed, and ends when they have ended", async () => {
    const running = new RunningFibers()
    const cleanUp = Deferred.makeUnsafe<void>()
    const slow = Effect.runFork(Effect.onInterrupt(Effect.never, () => Deferred.await(cleanUp)))
    const kept = Effect.runFork(Effect.never)
    running.add(slow)
    running.remove(running.add(kept))
    const all = Effect.runFork(running.interruptAll)
    await new Promise(setImmediate)
    expect([all.pollUnsafe(), kept.pollUnsafe()]).toEqual([undefined, undefined])
    Deferred.doneUnsafe(cleanUp, Effect.void)
    await Effect.runPromise(Fiber.await(all))
    expect(isInterrupted(await Effect.runPromise(Fiber.await(slow)))).toBe(true)
    expect(kept.pollUnsafe()).toBeUndefined()
    kept.interruptUnsafe()
  })

  it("gives a place that is free again to the next, and no two fibers the same", () => {
    const running = new RunningFibers()
    const fiber = () => Effect.runFork(Effect.void)
    const [first, second] = [running.add(fiber()), running.add(fiber())]
    running.remove(first)
    expect([second, running.add(fiber()), running.add(fiber())]).toEqual([1, 0, 2])
  })

  it("interrupts at once what comes after that", async () => {
    const running = new RunningFibers()
    await Effect.runPromise(running.interruptAll)
    const late = Effect.runFork(Effect.never)
    running.add(late)
    expect(isInterrupted(await Effect.runPromise(Fiber.await(late)))).toBe(true)
  })
})
