import { Effect } from "effect"
import { Busy } from "@parley/domain/Errors"
import type { InternalError, Unavailable } from "@parley/domain/Errors"

/** When the tenant's actor had a fault: it is back about then. */
const retryAfterFaultMs = 500

/** Whether the tenant may ask cannot be told now; nothing was asked of any provider. */
export const notAdmitted = (error: Unavailable | InternalError): Effect.Effect<never, Busy> =>
  Effect.fail(
    new Busy({
      message: error.message,
      retryAfterMs: error._tag === "Unavailable" ? error.retryAfterMs : retryAfterFaultMs
    })
  )
