/**
 * What is made once for all files of a worker, and ends with its process. Vitest ends a worker by SIGTERM and half a second later by force; a worker whose
 * run is gone exits by itself.
 */
import { Effect, Exit, Scope } from "effect"

const scope = Scope.makeUnsafe()
const end = Effect.suspend(() => Scope.close(scope, Exit.void))

process.once("SIGTERM", () => void Effect.runPromise(end).finally(() => process.exit()))
// What is another process is told to end before the first wait, of which there is none any more.
process.once("exit", () => void Effect.runFork(end))

export const ofWorker = <A, E>(make: Effect.Effect<A, E, Scope.Scope>): Effect.Effect<A> => {
  let made: Promise<A> | undefined
  return Effect.promise(() => (made ??= Effect.runPromise(make.pipe(Scope.provide(scope)))))
}
