/** Ids of the real clock, whatever the test's clock says: two tests of one database must not make the same one. */
import { Clock, Effect } from "effect"
import * as Ids from "@parley/domain/Ids"

const real = <A>(make: Effect.Effect<A>) => Effect.provideService(make, Clock.Clock, Clock.Clock.defaultValue())

export const makeTenantId = real(Ids.makeTenantId)
export const makePrincipalId = real(Ids.makePrincipalId)
export const makeApiKeyId = real(Ids.makeApiKeyId)
export const makeConversationId = real(Ids.makeConversationId)
export const makeMessageId = real(Ids.makeMessageId)
export const makeRunId = real(Ids.makeRunId)
export const makeEpoch = real(Ids.makeEpoch)
export const makeClientMessageId = () => Ids.ClientMessageId.make(crypto.randomUUID())
