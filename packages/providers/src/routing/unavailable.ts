/** What a request is told whose route has no target that may be called now. */
import { ProviderUnavailable } from "@parley/domain/ProviderError"
import type { RouteSettings } from "./Router.ts"

export const unavailable = ({ name, order }: RouteSettings, isStream: boolean, nowMs: number): ProviderUnavailable => {
  const waits = order(isStream, nowMs).map((target) => target.circuit().waitMs(nowMs))
  return new ProviderUnavailable({
    provider: name,
    model: name,
    message: `None of the targets of ${name} is available now`,
    retryAfterMs: Math.max(1, Math.min(...waits))
  })
}
