/** What is known of a target across the restarts of its circuit. One mutable object per target, owned by `ProviderCircuits`. */
export interface CircuitStatistics {
  inFlight: number
  succeeded: number
  failed: number
  lastFailure: string | undefined
}

export const makeCircuitStatistics = (): CircuitStatistics => ({
  inFlight: 0,
  succeeded: 0,
  failed: 0,
  lastFailure: undefined
})
