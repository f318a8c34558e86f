/** What each way in which a call can fail means: for the target's circuit, for a retry, and for the next target. One row each. */
import type { ProviderError } from "@parley/domain/ProviderError"

export interface Fault {
  /**
   * For the breaker. `failure`: it speaks of the target's health. `success`: the target is well, the request was not. `ignored`: neither.
   */
  readonly circuit: "failure" | "success" | "ignored"
  /** It lowers how many calls the target may hold at once. */
  readonly lowersLimit: boolean
  /** The same call may have another fate there a little later. */
  readonly isRetried: boolean
  /** Another target may answer what this one does not. */
  readonly failsOver: boolean
  /** The provider may have worked, and charge for it. */
  readonly mayBePaid: boolean
}

const row = (
  circuit: Fault["circuit"],
  ...is: ReadonlyArray<"lowersLimit" | "isRetried" | "failsOver" | "mayBePaid">
): Fault => ({
  circuit,
  lowersLimit: is.includes("lowersLimit"),
  isRetried: is.includes("isRetried"),
  failsOver: is.includes("failsOver"),
  mayBePaid: is.includes("mayBePaid")
})

export const faultTable: Record<ProviderError["_tag"], Fault> = {
  ProviderRejected: row("success"),
  ProviderModelNotFound: row("ignored", "failsOver"),
  ProviderUnauthorized: row("failure", "failsOver"),
  ProviderRateLimited: row("ignored", "lowersLimit", "isRetried", "failsOver"),
  ProviderFailed: row("failure", "isRetried", "failsOver"),
  ProviderUnreachable: row("failure", "isRetried", "failsOver"),
  ProviderTruncated: row("failure", "isRetried", "failsOver", "mayBePaid"),
  ProviderTimeout: row("failure", "isRetried", "failsOver", "mayBePaid"),
  ProviderUnavailable: row("ignored", "isRetried", "failsOver")
}

/** What is known to have come before the provider could have worked. */
const beforeTheRequest =
  /^(ECONNREFUSED|ENOTFOUND|EAI_|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/

/** The row of an error, with what its code and status say beside its kind. */
export const faultOf = (error: ProviderError): Fault => {
  const fault = faultTable[error._tag]
  switch (error._tag) {
    case "ProviderUnreachable":
      return beforeTheRequest.test(error.code ?? "") ? fault : mayBePaid
    case "ProviderFailed":
      // An answer that is not of its wire was an answer all the same; an error status was none.
      return error.status === undefined || error.status < 400 ? mayBePaid : fault
    default:
      return fault
  }
}

const mayBePaid = row("failure", "isRetried", "failsOver", "mayBePaid")
