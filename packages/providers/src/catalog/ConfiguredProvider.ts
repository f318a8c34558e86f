/** A provider that a configuration names, beside those that the environment makes live. */
import type { Redacted } from "effect"
import type { AwsCredentials } from "../bedrock/bedrockProvider.ts"
import type { ProviderLimits } from "../ProviderLimits.ts"
import type { Dialect, VendorKind } from "./vendors.ts"

export interface ConfiguredProvider {
  /** The prefix of its models' names. */
  readonly id: string
  readonly kind: VendorKind
  /** The vendor's own when absent. */
  readonly baseUrl?: string
  readonly apiKey?: Redacted.Redacted
  /** Sent with every request; they may hold secrets. Names in lower case. */
  readonly headers?: Readonly<Record<string, Redacted.Redacted>>
  readonly limits?: Partial<ProviderLimits>
  /** `bedrock` without a Bedrock API key: who signs. */
  readonly aws?: Redacted.Redacted<AwsCredentials>
  /** `bedrock`: of the signature, where the address does not tell it. */
  readonly region?: string
  /** Where this server differs from its vendor's dialect. */
  readonly dialect?: Partial<Dialect>
}
