/** A question that one of the SDKs asks, with what it throws as our errors. */
import { Clock, Data, Effect } from "effect"
import type { ProviderError } from "@parley/domain/ProviderError"
import { errorOfSdk } from "./errorOfSdk.ts"
import type { ForeignObject } from "./foreign.ts"
import type { WireError } from "./providerErrors.ts"

class Thrown extends Data.TaggedError("Thrown")<{ readonly cause: unknown }> {}

export const askSdk = <A>(
  provider: string,
  decodeError: (body: ForeignObject) => WireError | undefined,
  ask: (signal: AbortSignal) => Promise<A>
): Effect.Effect<A, ProviderError> =>
  Effect.tryPromise({ try: ask, catch: (cause) => new Thrown({ cause }) }).pipe(
    Effect.catch(({ cause }) =>
      Effect.flatMap(Clock.currentTimeMillis, (nowMs) => Effect.fail(errorOfSdk(provider, cause, decodeError, nowMs)))
    )
  )
