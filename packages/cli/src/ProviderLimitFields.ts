/** The limits that the configuration file may set: of one provider, or of all. */
import { Schema } from "effect"

/** Longest limit in time: an hour. */
export const maxLimitMs = 3_600_000

const described = (description: string) => ({ description })

const limitMs = (minimum: number, description: string) =>
  Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum, maximum: maxLimitMs })).annotate(described(description)))

const count = (maximum: number, description: string) =>
  Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum })).annotate(described(description)))

/** Most of an answer that may be allowed, in bytes or code units: it is kept in memory. */
const maxLength = 268_435_456

const fields = {
  maxConcurrent: count(100_000, "Calls in flight; one more is refused at once"),
  minConcurrent: count(100_000, "Calls in flight below which no 429 lowers the limit; 20 when absent"),
  connectTimeoutMs: limitMs(1, "Milliseconds until a connection stands"),
  headersTimeoutMs: limitMs(1, "Milliseconds until the provider's headers"),
  firstTokenTimeoutMs: limitMs(1, "Milliseconds until the first token of a stream; without end when absent"),
  chunkTimeoutMs: limitMs(1, "Milliseconds between two chunks of an answer"),
  countTimeoutMs: limitMs(
    0,
    "Milliseconds to count the tokens of an answer that broke off, where the provider does; 0: it is not asked"
  ),
  breakerFailures: count(10_000, "Failures in a row that open a target's circuit; 5 when absent"),
  breakerRate: Schema.optionalKey(
    Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 })).annotate(
      described(
        "Part of failures among the last calls that opens a circuit, instead of failures in a row; 0, and absent: these do"
      )
    )
  ),
  breakerRateCalls: count(10_000, "The last calls that breakerRate is of; 100 when absent"),
  breakerRateMinCalls: count(10_000, "The fewest calls of which breakerRate says something; 20 when absent"),
  openMs: limitMs(1, "Milliseconds for which a circuit is open at first, doubled while it fails; 5000 when absent"),
  maxOpenMs: limitMs(1, "The longest of these; 60000 when absent"),
  maxHoldMs: limitMs(0, "Milliseconds for which Retry-After is honoured at most; 300000 when absent"),
  maxStreamedLength: count(maxLength, "UTF-16 code units that one streamed answer may have; 16000000 when absent"),
  maxStreamedLengthPerToken: count(10_000, "The same for each token of max_tokens, thoughts not counted; 128 when absent"),
  minStreamedLength: count(maxLength, "The least of that, however low max_tokens is; 16000 when absent"),
  maxStreamLineBytes: count(maxLength, "Bytes that one line of a stream may have; 4000000 when absent")
}

export const ProviderLimitFields = Schema.Struct(fields)

export const SharedLimitFields = Schema.Struct({
  ...fields,
  modelsWaitMs: limitMs(
    0,
    "Milliseconds for which a model asked for by its name alone is looked for in lists that are not known yet; 2000 when absent"
  ),
  probeEveryMs: limitMs(
    0,
    "Milliseconds between two looks at providers that are idle or whose circuits are open; 30000 when absent, 0: none"
  )
})
