/** One of each error, with what the doors make of it. */
import * as Errors from "@parley/domain/Errors"
import type { ParleyError } from "@parley/domain/Errors"
import * as ProviderErrors from "@parley/domain/ProviderError"

const provider = { provider: "openai", model: "gpt-5", message: "said the provider", retryAfterMs: 2_500 }

/** A provider's own word that the prompt does not fit, whatever it says. */
export const contextExceeded = new ProviderErrors.ProviderRejected({
  provider: "openai",
  model: "gpt-5",
  message: "This model's maximum context length is 8192 tokens.",
  status: 400,
  code: ProviderErrors.contextExceededCode
})

export const everyError: { readonly [Tag in ParleyError["_tag"]]: Extract<ParleyError, { readonly _tag: Tag }> } = {
  Unauthorized: new Errors.Unauthorized({ message: "no key" }),
  Forbidden: new Errors.Forbidden({ message: "not yours" }),
  NotFound: new Errors.NotFound({ message: "no such thing", resource: "conversation" }),
  ModelNotFound: new Errors.ModelNotFound({ message: "no such model", model: "x" }),
  ModelUnsuited: new Errors.ModelUnsuited({ message: "embeds", model: "x", kind: "chat", suited: ["y"] }),
  ContextTooLong: new Errors.ContextTooLong({ message: "too long", model: "x", contextTokens: 10, inputTokens: 12 }),
  InvalidRequest: new Errors.InvalidRequest({
    message: "does not fit",
    issues: [{ path: "payload.content[0]", message: "expected a part" }]
  }),
  PayloadTooLarge: new Errors.PayloadTooLarge({ message: "too large", limitBytes: 10 }),
  Conflict: new Errors.Conflict({ message: "taken" }),
  Busy: new Errors.Busy({ message: "busy", retryAfterMs: 250 }),
  Unavailable: new Errors.Unavailable({ message: "away", retryAfterMs: 1_500, workMayHaveHappened: true }),
  InternalError: new Errors.InternalError({ message: "failed", workMayHaveHappened: true }),
  ProviderRejected: new ProviderErrors.ProviderRejected(provider),
  ProviderUnauthorized: new ProviderErrors.ProviderUnauthorized(provider),
  ProviderModelNotFound: new ProviderErrors.ProviderModelNotFound(provider),
  ProviderRateLimited: new ProviderErrors.ProviderRateLimited(provider),
  ProviderFailed: new ProviderErrors.ProviderFailed(provider),
  ProviderUnreachable: new ProviderErrors.ProviderUnreachable(provider),
  ProviderTruncated: new ProviderErrors.ProviderTruncated(provider),
  ProviderTimeout: new ProviderErrors.ProviderTimeout(provider),
  ProviderUnavailable: new ProviderErrors.ProviderUnavailable(provider)
}
