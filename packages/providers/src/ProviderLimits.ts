/** The bounds of every call to a provider. All of them are settings; these are the defaults. */
export interface ProviderLimits {
  /** Calls in flight per provider, and so also its connections; one more fails as `ProviderUnavailable`, nothing queues. */
  readonly maxConcurrent: number
  /** A 429 lowers how many calls a target may hold, to this part of the most that were in flight within the window, but never below the least. */
  readonly limitDecrease: number
  readonly limitWindowMs: number
  readonly minConcurrent: number
  /** Calls by which each answer raises a lowered limit. */
  readonly limitIncrease: number
  /** 429s of one burst lower the limit once. */
  readonly limitBurstMs: number
  /** Without a 429 for this long, a lowered limit is forgotten. */
  readonly limitForgottenMs: number
  /** How long a target is left alone at most that asked to be (`Retry-After`). */
  readonly maxHoldMs: number
  /** How long a target whose provider does not know its model is passed over by routes that have another; 0: not at all. */
  readonly modelMissingMs: number
  /** What the statistics of a target look back on. */
  readonly statisticsMs: number
  /** Targets that are known at once; the one unused for longest makes room for another. */
  readonly maxTargets: number
  /** How often targets that are idle or open are looked at, by a list of their provider's models; 0: never. */
  readonly probeEveryMs: number
  readonly probeTimeoutMs: number
  readonly connectTimeoutMs: number
  /** Until the provider's headers. A reasoning model that does not stream sends them with its whole answer. */
  readonly headersTimeoutMs: number
  /** Until the first token of a stream, whatever else is sent before it; 0: none. */
  readonly firstTokenTimeoutMs: number
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
  /**
   * The same of an answer with a bound on its tokens, for each of them: no token of the published vocabularies is longer. What it thinks is not
   * counted, since not every server holds that to the bound.
   */
  readonly maxStreamedLengthPerToken: number
  /** What it may send however low that bound is. */
  readonly minStreamedLength: number
  /**
   * How long a provider is given to count the tokens of an answer that broke off, where it counts them for nothing; past it they are
   * estimated. 0: it is not asked.
   */
  readonly countTimeoutMs: number
  /** Such questions under way per provider; one more waits for its turn, within the same time. */
  readonly countsAtOnce: number
  /** A model that the provider refused to count for is not asked about for this long. */
  readonly countRefusedMs: number
  /** Consecutive failures that open a target's circuit. */
  readonly breakerFailures: number
  /** When not 0, the part of failures among the last calls that opens a circuit, instead of failures in a row. */
  readonly breakerRate: number
  /** Calls that the rate is of, and the fewest of them that say something. */
  readonly breakerRateCalls: number
  readonly breakerRateMinCalls: number
  /** How long a circuit stays open at first; it doubles up to the longest while its probes fail. */
  readonly openMs: number
  readonly maxOpenMs: number
  /** Up to this part of that time is left off at random, so that processes do not probe all at once. */
  readonly openJitter: number
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
  /** How long who asks for a model by its name alone waits for lists that are not known yet. */
  readonly modelsWaitMs: number
}

export const defaultLimits: ProviderLimits = {
  maxConcurrent: 2_000,
  limitDecrease: 0.7,
  limitWindowMs: 10_000,
  minConcurrent: 20,
  limitIncrease: 1,
  limitBurstMs: 1_000,
  limitForgottenMs: 60_000,
  maxHoldMs: 300_000,
  modelMissingMs: 60_000,
  statisticsMs: 60_000,
  maxTargets: 1_000,
  probeEveryMs: 30_000,
  probeTimeoutMs: 5_000,
  connectTimeoutMs: 5_000,
  headersTimeoutMs: 300_000,
  firstTokenTimeoutMs: 0,
  chunkTimeoutMs: 120_000,
  keepAliveMs: 30_000,
  maxAnswerBytes: 32_000_000,
  maxStreamLineBytes: 4_000_000,
  maxStreamedLength: 16_000_000,
  maxStreamedLengthPerToken: 128,
  minStreamedLength: 16_000,
  countTimeoutMs: 1_000,
  countsAtOnce: 4,
  countRefusedMs: 600_000,
  breakerFailures: 5,
  breakerRate: 0,
  breakerRateCalls: 100,
  breakerRateMinCalls: 20,
  openMs: 5_000,
  maxOpenMs: 60_000,
  openJitter: 0.1,
  retryHintMs: 1_000,
  circuitIdleMs: 600_000,
  restartMs: 100,
  maxRestartMs: 30_000,
  modelsFreshMs: 300_000,
  modelsTimeoutMs: 10_000,
  modelsWaitMs: 2_000
}
