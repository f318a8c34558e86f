/**
 * Who holds the circuits that are in use. A circuit is leased by the first of the calls that run in it at the same time and given back by the last;
 * the calls between pay a count, where a lease costs more than all else of a circuit. Which circuit is there at all, and how long one that nobody
 * holds stays, is the map's business.
 */
import { Context, Effect, Exit, Scope } from "effect"
import { ProviderCircuit } from "./ProviderCircuit.ts"
import type { Supervised } from "./Supervised.ts"

type Circuit = ProviderCircuit["Service"]

interface Lease {
  readonly circuit: Circuit
  readonly scope: Scope.Closeable
  calls: number
}

export class CircuitLeases {
  readonly #lookup: (target: Supervised) => Effect.Effect<Context.Context<ProviderCircuit>, never, Scope.Scope>
  readonly #leases = new Map<Supervised, Lease>()

  constructor(lookup: (target: Supervised) => Effect.Effect<Context.Context<ProviderCircuit>, never, Scope.Scope>) {
    this.#lookup = lookup
  }

  readonly use = <A, E>(target: Supervised, call: (circuit: Circuit) => Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.suspend(() => {
      // Counted inside the finalizer's reach, so that no interruption comes in between.
      let held: Lease | undefined
      return Effect.onExitPrimitive(
        Effect.suspend(() => {
          const lease = this.#leases.get(target)
          if (lease === undefined) {
            const taken = this.#take(target, (mine) => {
              held = mine
            })
            return Effect.flatMap(taken, call)
          }
          held = lease
          lease.calls++
          return call(lease.circuit)
        }),
        () => (held === undefined || --held.calls > 0 ? undefined : this.#giveBack(target, held))
      )
    })

  /** Whoever comes next takes a lease of its own. Calls that run go on in the circuit that they have, until the last of them ends. */
  forget(target: Supervised): void {
    this.#leases.delete(target)
  }

  /** Calls that come while the circuit starts lease it too, and keep what they have leased. */
  #take(target: Supervised, hold: (lease: Lease) => void): Effect.Effect<Circuit> {
    return Effect.uninterruptibleMask((restore) => {
      const scope = Scope.makeUnsafe()
      return Effect.onExitPrimitive(
        Effect.map(restore(Scope.provide(this.#lookup(target), scope)), (context) => {
          const lease: Lease = { circuit: Context.get(context, ProviderCircuit), scope, calls: 1 }
          if (!this.#leases.has(target)) this.#leases.set(target, lease)
          hold(lease)
          return lease.circuit
        }),
        (exit) => (Exit.isSuccess(exit) ? undefined : Scope.close(scope, exit))
      )
    })
  }

  #giveBack(target: Supervised, lease: Lease): Effect.Effect<void> {
    if (this.#leases.get(target) === lease) this.#leases.delete(target)
    return Scope.close(lease.scope, Exit.void)
  }
}
