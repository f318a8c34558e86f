/** What this process knows of a target's circuit: a total table, so that the compiler asks for every cell. */

/**
 * - `closed`: calls go
 * - `open`: calls are refused until a time
 * - `half-open`: one call goes and decides, here or in another process
 */
export type CircuitState = "closed" | "open" | "half-open"

export type CircuitHappening =
  /** The store let a call go: into a closed circuit, or as the one that decides. */
  | "admitted"
  | "admitted-as-probe"
  /** The store let none go: the circuit is open, or another call decides. */
  | "refused-open"
  | "refused-half-open"
  /** What a call of ours came to changed the circuit. */
  | "opened"
  | "closed"

/**
 * Where each leads, from wherever the circuit was: the store, which other processes move too, has the last word. Admitted into one that was open here: another
 * process tried it and closed it.
 */
export const stateAfter: Record<CircuitHappening, CircuitState> = {
  admitted: "closed",
  "admitted-as-probe": "half-open",
  "refused-open": "open",
  "refused-half-open": "half-open",
  opened: "open",
  closed: "closed"
}
