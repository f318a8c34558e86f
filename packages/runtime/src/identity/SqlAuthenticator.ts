/** `Authenticator` over the API keys and sessions in Postgres. */
import { Effect, Layer } from "effect"
import { Authenticator } from "@parley/domain/Administration"
import { hashSecret, isCredential } from "./apiKeySecret.ts"
import { unauthorized, VerifiedKeys } from "./VerifiedKeys.ts"

const layer: Layer.Layer<Authenticator, never, VerifiedKeys> = Layer.effect(
  Authenticator,
  Effect.map(VerifiedKeys, (keys) =>
    Authenticator.of({
      // A known key is answered here and now, without a fiber to wait for.
      authenticate: (key, requestId) => {
        const secret = key.reveal()
        if (!isCredential(secret)) return Effect.fail(unauthorized)
        const hash = hashSecret(secret)
        const known = keys.peek(hash)
        if (known === undefined) {
          return Effect.map(keys.lookup(hash), (caller) => ({ ...caller, requestId }))
        }
        return "_tag" in known ? Effect.fail(known) : Effect.succeed({ ...known, requestId })
      }
    })
  )
)

export const SqlAuthenticator = { layer }
