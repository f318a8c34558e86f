/**
 * What each way in which a call can fail means: for the target's circuit, for a retry, and for the next target. One row each. What it may have cost is
 * no question here: a call is made again only where nothing of its answer was told, under an idempotency key where the provider takes one.
 */
import { isContextExceeded } from "@parley/domain/ProviderError"
import type { ProviderError } from "@parley/domain/ProviderError"

export interface Fault {
  /**
   * For the breaker. `failure`: it speaks of the target's health. `success`: the target is well, the request was not. `ignored`: neither.
   */
  readonly circuit: "failure" | "success" | "ignored"
  /** It lowers how many calls the target may hold at once. */
  readonly lowersLimit: boolean
  /** Its `Retry-After` is honoured: the target is left alone for so long. */
  readonly isHeld: boolean
  /** The same call may have another fate there a little later. */
  readonly isRetried: boolean
  /** Another target may answer what this one does not. */
  readonly failsOver: boolean
}

const row = (circuit: Fault["circuit"], ...is: ReadonlyArray<Exclude<keyof Fault, "circuit">>): Fault => ({
  circuit,
  lowersLimit: is.includes("lowersLimit"),
  isHeld: is.includes("isHeld"),
  isRetried: is.includes("isRetried"),
  failsOver: is.includes("failsOver")
})

const faultTable: Record<ProviderError["_tag"], Fault> = {
  ProviderRejected: row("success"),
  ProviderModelNotFound: row("ignored", "failsOver"),
  ProviderUnauthorized: row("failure", "failsOver"),
  ProviderRateLimited: row("ignored", "lowersLimit", "isHeld", "isRetried", "failsOver"),
  ProviderFailed: row("failure", "isHeld", "isRetried", "failsOver"),
  ProviderUnreachable: row("failure", "isRetried", "failsOver"),
  ProviderTruncated: row("failure", "isRetried", "failsOver"),
  ProviderTimeout: row("failure", "isHeld", "isRetried", "failsOver"),
  ProviderUnavailable: row("ignored", "isRetried", "failsOver")
}

/** The prompt is longer than this target's window; another's may hold it. */
const contextExceeded = row("success", "failsOver")

export const faultOf = (error: ProviderError): Fault => (isContextExceeded(error) ? contextExceeded : faultTable[error._tag])
