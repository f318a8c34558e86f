/** How a client is made, and what bounds it. */
import type { OutboxItem, OutboxStorage } from "./outbox/OutboxStorage.ts"
import type { Platform } from "./Platform.ts"

export interface ClientOptions {
  /** Where Parley is: `https://chat.example.com`. In a browser the page's own origin when absent. */
  readonly url?: string
  /** A key, or a function that gives the present one each time a request or a connection begins. Without one the browser's session cookie counts. */
  readonly apiKey?: string | (() => string | Promise<string>)
  /** Where messages wait until they are accepted; in memory when absent, and then gone with the page. */
  readonly outbox?: OutboxStorage
  /**
   * Called each time before a message goes out, when its conversation is there: gives back what goes out, and what waits from then on where that fails. For
   * files, say, that are uploaded only now. Rejected with a `ParleyApiError` or a `ParleyConnectionError` it is as if the server had said so;
   * with anything else, which is told to `onError`, it is asked again after a pause.
   */
  readonly prepare?: (item: OutboxItem) => OutboxItem | Promise<OutboxItem>
  /** Parts of the surroundings: a `WebSocket` for Node 18, `watch` for React Native's `AppState`. */
  readonly platform?: Partial<Platform>
  readonly limits?: Partial<ClientLimits>
  /** What nobody asked for: a listener that threw, a frame that could not be read, an outbox that failed. */
  readonly onError?: (error: unknown) => void
}

export interface ClientLimits {
  /** Longest wait for the answer to a request or a command. */
  readonly answerTimeoutMs: number
  /** Longest time in which nothing of an upload goes out, where that is known: in browsers, with the session's cookie. */
  readonly uploadStallMs: number
  /** Longest wait for a connection's welcome. */
  readonly connectTimeoutMs: number
  /** Longest first pause before connecting again; it doubles with each failure. The real pause is random below it. */
  readonly firstPauseMs: number
  /** No real pause is shorter, whatever the chance. */
  readonly shortestPauseMs: number
  readonly longestPauseMs: number
  /** A connection that lived this long counts as good: the pauses begin anew. */
  readonly stableAfterMs: number
  /** Longest wait for the pong of a server that has been silent. */
  readonly pongTimeoutMs: number
  /** The same when the surroundings say that there is no network. */
  readonly offlinePongTimeoutMs: number
  /** Commands that wait for their answer at once; the server's own bound is 32. */
  readonly commandsUnderWay: number
  /** Commands that wait for their turn. */
  readonly commandsWaiting: number
  /** Largest command, as JSON in bytes; the server's own bound is 1 MiB, and it closes the connection on a larger one. */
  readonly commandBytes: number
  /** Subscriptions to one run or room in a row that bring nothing new, before the connection is given up. */
  readonly fruitlessSubscriptions: number
  readonly ackEveryMs: number
  readonly ackEveryBytes: number
  /** Messages that wait to be accepted, over all conversations. */
  readonly outboxItems: number
  /** Oldest that a waiting message may become; under the 24 hours for which the server remembers `clientMessageId`s. */
  readonly outboxMaxAgeMs: number
  /** Tries of one message that the server answers with `later` or `same-id`, before it counts as failed. */
  readonly sendAttempts: number
  /** Finished runs that a chat remembers the details of. */
  readonly keptRuns: number
  /** Conversations followed at once; the server's own bound is 64. Past it the one that was used least lately, and that nobody listens to, is closed. */
  readonly openChats: number
  /** Events that a slow reader of `run.events()` may leave unread, before they are replaced by one snapshot. */
  readonly bufferedEvents: number
}

export const defaultLimits: ClientLimits = {
  answerTimeoutMs: 30_000,
  uploadStallMs: 30_000,
  connectTimeoutMs: 15_000,
  firstPauseMs: 500,
  shortestPauseMs: 50,
  longestPauseMs: 15_000,
  stableAfterMs: 5_000,
  pongTimeoutMs: 10_000,
  offlinePongTimeoutMs: 2_000,
  commandsUnderWay: 24,
  commandsWaiting: 1_000,
  // Under the bound by the command's number.
  commandBytes: 1_048_500,
  fruitlessSubscriptions: 3,
  ackEveryMs: 1_000,
  ackEveryBytes: 8_192,
  outboxItems: 200,
  outboxMaxAgeMs: 23 * 3_600_000,
  sendAttempts: 8,
  keptRuns: 64,
  openChats: 60,
  bufferedEvents: 1_000
}
