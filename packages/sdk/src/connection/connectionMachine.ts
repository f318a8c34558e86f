/** Where the connection stands, and what each event makes of it. Total: the compiler demands every cell. */

export type ConnectionState =
  /** Nobody needs it yet. */
  | "idle"
  /** Dialled, and not yet welcomed. */
  | "connecting"
  | "open"
  /** Lost; a pause, then again. */
  | "waiting"
  /** As `waiting`, but there is no network: the pauses are the longest, and end when it is back. */
  | "offline"
  /** The server does not want this client; only `connect()` tries again. */
  | "refused"
  /** Closed by its owner, for good. */
  | "closed"

export type ConnectionEvent =
  /** Something needs a connection. */
  | "want"
  /** The owner says: now. */
  | "connect"
  | "welcome"
  /** The socket closed, could not be opened, took too long, or said what cannot be read. */
  | "lost"
  /** Nothing was heard for too long. */
  | "silent"
  | "refuse"
  /** The pause is over. */
  | "timer"
  | "offline"
  /** The network is back, or somebody looks again. */
  | "wake"
  | "close"

export type ConnectionAct =
  | "none"
  | "dial"
  /** Gives the socket up and sets the pause. */
  | "retreat"
  /** Gives the socket up. */
  | "hang-up"
  | "greet"
  /** Asks the server for a sign of life. */
  | "check"

export type ConnectionNext = readonly [ConnectionState, ConnectionAct]

export const connectionMachine: Record<ConnectionState, Record<ConnectionEvent, ConnectionNext>> = {
  idle: {
    want: ["connecting", "dial"],
    connect: ["connecting", "dial"],
    welcome: ["idle", "none"],
    lost: ["idle", "none"],
    silent: ["idle", "none"],
    refuse: ["idle", "none"],
    timer: ["idle", "none"],
    offline: ["idle", "none"],
    wake: ["idle", "none"],
    close: ["closed", "none"]
  },
  connecting: {
    want: ["connecting", "none"],
    connect: ["connecting", "none"],
    welcome: ["open", "greet"],
    lost: ["waiting", "retreat"],
    silent: ["waiting", "retreat"],
    refuse: ["refused", "hang-up"],
    timer: ["connecting", "none"],
    offline: ["connecting", "none"],
    wake: ["connecting", "none"],
    close: ["closed", "hang-up"]
  },
  open: {
    want: ["open", "none"],
    connect: ["open", "check"],
    welcome: ["open", "none"],
    lost: ["waiting", "retreat"],
    silent: ["waiting", "retreat"],
    refuse: ["refused", "hang-up"],
    timer: ["open", "none"],
    // A browser may be wrong about it: the server may be on this very machine.
    offline: ["open", "check"],
    wake: ["open", "check"],
    close: ["closed", "hang-up"]
  },
  waiting: {
    want: ["waiting", "none"],
    connect: ["connecting", "dial"],
    welcome: ["waiting", "none"],
    lost: ["waiting", "none"],
    silent: ["waiting", "none"],
    refuse: ["refused", "hang-up"],
    timer: ["connecting", "dial"],
    offline: ["offline", "retreat"],
    wake: ["connecting", "dial"],
    close: ["closed", "hang-up"]
  },
  offline: {
    want: ["offline", "none"],
    connect: ["connecting", "dial"],
    welcome: ["offline", "none"],
    lost: ["offline", "none"],
    silent: ["offline", "none"],
    refuse: ["refused", "hang-up"],
    timer: ["connecting", "dial"],
    offline: ["offline", "none"],
    wake: ["connecting", "dial"],
    close: ["closed", "hang-up"]
  },
  refused: {
    want: ["refused", "none"],
    connect: ["connecting", "dial"],
    welcome: ["refused", "none"],
    lost: ["refused", "none"],
    silent: ["refused", "none"],
    refuse: ["refused", "none"],
    timer: ["refused", "none"],
    offline: ["refused", "none"],
    wake: ["refused", "none"],
    close: ["closed", "none"]
  },
  closed: {
    want: ["closed", "none"],
    connect: ["closed", "none"],
    welcome: ["closed", "none"],
    lost: ["closed", "none"],
    silent: ["closed", "none"],
    refuse: ["closed", "none"],
    timer: ["closed", "none"],
    offline: ["closed", "none"],
    wake: ["closed", "none"],
    close: ["closed", "none"]
  }
}
