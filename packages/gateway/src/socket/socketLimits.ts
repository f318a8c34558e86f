/** The bounds of `/ws`. Past one a command is answered with `busy`, or the socket is closed as docs/websocket.md says. */
export const socketLimits = {
  /** Commands under way on one socket, the waiting ones included. */
  commands: 32,
  /** Conversations that one socket follows, or whose runs it is subscribed to. */
  conversations: 64,
  /** Unfinished runs that one socket is subscribed to by `subscribe`; those of a followed room are not counted. */
  runs: 128
} as const

/** When to come back after `busy`, in milliseconds. */
export const busyRetryAfterMs = 1_000
/** A command that has not ended by then is interrupted, and answered as one that may have happened. */
export const maxCommandMs = 60_000
/** How often a client may expect a ping of the server's. */
export const heartbeatMs = 30_000
/** How often the keys of open sockets are verified again. */
export const verifyKeysEveryMs = 30_000
/** Keys that are verified at the same time. */
export const verifyKeysConcurrency = 4
/** Longest that one key holds up the others. */
export const verifyKeyTimeoutMs = 10_000
/** How often overdue commands are looked for. */
export const sweepEveryMs = 5_000
/** Longest that commands under way hold up the end of a drain. */
export const drainCommandsMs = 2_000
/** Over how long the sockets are closed when the layer ends and nobody has drained it before. */
export const finalDrainMs = 500

/** The close code of RFC 6455 for a frame that is too large. */
export const closeTooLarge = 1009
/** A client that sends while this much is waiting for it to read is closed with 4001. More than any one frame of ours has. */
export const maxUnreadBytes = 8_388_608
/** A client that has not read this much is told of changes of its list only that there are some, once it has. */
export const maxUnreadListBytes = 65_536
/** What the engine holds for a socket before it gives it up: the last guard, past all others. */
export const maxBackpressureBytes = 16_777_216
/** A granted upgrade that has not become a socket by then is forgotten. */
export const openWithinMs = 30_000
