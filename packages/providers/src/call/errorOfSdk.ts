/** An error that one of the SDKs threw. Both are made by the same generator, so their errors have the same fields. */
import type { ProviderError } from "@parley/domain/ProviderError"
import { isObject, textOf } from "./foreign.ts"
import type { ForeignObject } from "./foreign.ts"
import { errorOfFault, errorOfStatus } from "./providerErrors.ts"
import type { WireError } from "./providerErrors.ts"

export const errorOfSdk = (
  provider: string,
  error: unknown,
  decodeError: (body: ForeignObject) => WireError | undefined,
  nowMs: number
): ProviderError => {
  const called = { provider, model: "" }
  if (!(error instanceof Error)) {
    return errorOfFault(called, { _tag: "CallFault", kind: "malformed", message: "The list of models could not be read" })
  }
  const status: unknown = Reflect.get(error, "status")
  if (typeof status === "number") {
    const headers: unknown = Reflect.get(error, "headers")
    const body: unknown = Reflect.get(error, "error")
    // OpenAI's SDK has unwrapped `error` already, Anthropic's has not.
    const wrapped = isObject(body) && body["error"] === undefined ? { error: body } : body
    return errorOfStatus(
      called,
      { status, headers: headers instanceof globalThis.Headers ? Object.fromEntries(headers) : {} },
      isObject(wrapped) ? decodeError(wrapped) : undefined,
      nowMs
    )
  }
  const kind = error.constructor.name === "APIConnectionTimeoutError" ? "timeout" : kindOf(error)
  return errorOfFault(called, { _tag: "CallFault", kind, message: `${provider}: ${textOf(error.message)}` })
}

const kindOf = (error: Error) => (error.constructor.name === "APIConnectionError" ? "unreachable" : "malformed")
