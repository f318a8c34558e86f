/** The bounds of every call to a provider. All of them are settings; these are the defaults. */
export interface ProviderLimits {
  /** Calls in flight per target, and so also its connections; one more fails as `ProviderUnavailable`, nothing queues. */
  readonly maxConcurrent: number
  readonly connectTimeoutMs: number
  /** Until the provider's headers. A reasoning model that does not stream sends them with its whole answer. */
  readonly headersTimeoutMs: number
  /** Between two chunks of a body. Providers send keep-alives more often than this. */
  readonly chunkTimeoutMs: number
  /** How long an unused connection is kept for the next call. */
  readonly keepAliveMs: number
  /** Largest body of an answer that is not streamed, and of any error. */
  readonly maxAnswerBytes: number
  /** Longest line of a stream; tool calls can put a whole document into one. */
  readonly maxStreamLineBytes: number
  /** Most that one streamed answer may send, all its text, reasoning and arguments together, in UTF-16 code units. */
  readonly maxStreamedLength: number
  /** Consecutive failures that open a target's circuit. */
  readonly breakerFailures: number
  /** How long a circuit stays open at first; it doubles up to the longest while its probes fail. */
  readonly openMs: number
  readonly maxOpenMs: number
  /** What a refused caller is told to wait where nothing better is known: a full target, or a probe under way. */
  readonly retryHintMs: number
  /** A circuit nobody used for this long is closed down, with its connections. */
  readonly circuitIdleMs: number
  /** The wait before a circuit that had a defect is started again; doubles up to the longest. */
  readonly restartMs: number
  readonly maxRestartMs: number
  /** How long a list of models is good; past it the old one is served while a new one is fetched. */
  readonly modelsFreshMs: number
  /** How long to wait for one provider's list of models. */
  readonly modelsTimeoutMs: number
}

export const defaultLimits: ProviderLimits = {
  maxConcurrent: 2_000,
  connectTimeoutMs: 5_000,
  headersTimeoutMs: 300_000,
  chunkTimeoutMs: 120_000,
  keepAliveMs: 30_000,
  maxAnswerBytes: 32_000_000,
  maxStreamLineBytes: 4_000_000,
  maxStreamedLength: 16_000_000,
  breakerFailures: 5,
  openMs: 5_000,
  maxOpenMs: 60_000,
  retryHintMs: 1_000,
  circuitIdleMs: 600_000,
  restartMs: 100,
  maxRestartMs: 30_000,
  modelsFreshMs: 300_000,
  modelsTimeoutMs: 10_000
}
