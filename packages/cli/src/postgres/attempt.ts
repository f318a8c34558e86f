import { Effect } from "effect"
import { EmbeddedPostgresError } from "./EmbeddedPostgresError.ts"

/** File work that fails with our own error, or else with `reason` and what the system said. */
export const attempt = <A>(reason: EmbeddedPostgresError["reason"], message: string, work: () => A | Promise<A>) =>
  Effect.tryPromise({
    try: async () => work(),
    catch: (error) => (error instanceof EmbeddedPostgresError ? error : EmbeddedPostgresError.because(reason, message, error))
  })
