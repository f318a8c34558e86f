/** Keys that the tests know, and an authenticator that knows them. */
import { Effect, Layer } from "effect"
import { Authenticator } from "@parley/domain/Administration"
import type { CallerInfo } from "@parley/domain/Caller"
import { Unauthorized, Unavailable } from "@parley/domain/Errors"
import { PrincipalId, TenantId } from "@parley/domain/Ids"

export const goodKey = "pk_good_0000000000000000000000000000"

export class SocketKeys {
  readonly good = new Set([goodKey])
  asked = 0
  isAway = false
  /** Instead of an answer, when set. */
  trouble: Effect.Effect<never> | undefined

  readonly layer: Layer.Layer<Authenticator> = Layer.sync(Authenticator, () => ({
    authenticate: (key, requestId) =>
      Effect.suspend((): Effect.Effect<CallerInfo, Unauthorized | Unavailable> => {
        this.asked++
        if (this.trouble !== undefined) return this.trouble
        if (this.isAway) {
          return Effect.fail(new Unavailable({ message: "away", retryAfterMs: 500, workMayHaveHappened: false }))
        }
        return this.good.has(key.reveal())
          ? Effect.succeed<CallerInfo>({ ...caller, requestId })
          : Effect.fail(new Unauthorized({ message: "no such key" }))
      })
  }))
}

const caller: Omit<CallerInfo, "requestId"> = {
  tenantId: TenantId.make(`ten_${"0".repeat(26)}`),
  principalId: PrincipalId.make(`prn_${"1".repeat(26)}`),
  roles: ["member"],
  scopes: ["chat", "completions"]
}
