import { Effect, Schema } from "effect"
import { request } from "../../../cli/test/e2e/support/api.ts"
import type { Parley } from "../../../cli/test/e2e/support/startParley.ts"

const Issued = Schema.Struct({ token: Schema.String })

/** The token of a link that is made at that path: an invitation, a share. */
export const issued = (parley: Parley, path: string, body: object) =>
  request(parley, "POST", path, body).pipe(
    Effect.flatMap((made) => Schema.decodeUnknownEffect(Issued)(made.body)),
    Effect.map(({ token }) => token),
    Effect.orDie
  )
