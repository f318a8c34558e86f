/** The real program, with a provider whose answers the test writes. */
import { Effect, Redacted, type Scope } from "effect"
import { freshDatabase } from "../../../../test/support/freshDatabase.ts"
import { startParley, type Parley } from "../../../cli/test/e2e/support/startParley.ts"
import { startOpenaiWire } from "../../../providers/test/wire/openaiWire.ts"
import type { WireServer } from "../../../providers/test/wire/WireServer.ts"

interface Server {
  readonly wire: WireServer
  readonly parley: Parley
}

export const startServer: Effect.Effect<Server, Error, Scope.Scope> = Effect.gen(function* () {
  const wire = yield* startOpenaiWire
  const database = yield* freshDatabase
  const parley = yield* startParley({
    DATABASE_URL: Redacted.value(database),
    OPENAI_API_KEY: "sk-wire",
    OPENAI_BASE_URL: wire.baseUrl
  })
  return { wire, parley }
})
