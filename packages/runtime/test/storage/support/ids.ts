/** Ids of the real clock, whatever the test's clock says: two tests of one database must not make the same one. */
import { Clock, Effect } from "effect"
import * as Ids from "@parley/domain/Ids"

const realClock: Clock.Clock = {
  currentTimeMillisUnsafe: () => Date.now(),
  currentTimeMillis: Effect.sync(() => Date.now()),
  currentTimeNanosUnsafe: () => BigInt(Date.now()) * 1_000_000n,
  currentTimeNanos: Effect.sync(() => BigInt(Date.now()) * 1_000_000n),
  sleep: () => Effect.void
}
const real = <A>(make: Effect.Effect<A>) => Effect.provideService(make, Clock.Clock, realClock)

export const makeTenantId = real(Ids.makeTenantId)
export const makePrincipalId = real(Ids.makePrincipalId)
export const makeApiKeyId = real(Ids.makeApiKeyId)
export const makeConversationId = real(Ids.makeConversationId)
export const makeMessageId = real(Ids.makeMessageId)
export const makeRunId = real(Ids.makeRunId)
export const makeEpoch = real(Ids.makeEpoch)
export const makeClientMessageId = () => Ids.ClientMessageId.make(crypto.randomUUID())
