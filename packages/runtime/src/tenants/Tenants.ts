/**
 * The tenants that this process is serving: each an actor of its own, started at its first request, evicted when idle, restarted under a backoff of
 * its own after a defect. It admits requests and connections within the tenant's policy.
 *
 * Admission stands before every request, so it is a lookup and a counter: the actor is leased once from the `LayerMap` and kept in the tenant's
 * seat while the tenant is in use. Counts belong to the seat and outlive a restart of the actor.
 */
import { Cause, Clock, Context, Deferred, Effect, Exit, Layer, LayerMap, Scope } from "effect"
import { Busy, Forbidden, InternalError, Unavailable } from "@parley/domain/Errors"
import type { TenantId } from "@parley/domain/Ids"
import type { TenantSql } from "../storage/TenantSql.ts"
import { TenantActor } from "./TenantActor.ts"
import { TenantPolicies } from "./TenantPolicies.ts"
import type { TenantPolicy } from "./TenantPolicies.ts"

/** A tenant that nobody used between two sweeps, and that has nothing live, is evicted. */
const sweepMs = 60_000
/** Tenants in use by one process; one more is refused until one goes idle. */
const maxTenants = 50_000
const busyRetryAfterMs = 1_000
/** First and longest pause before an actor that died is started again; it doubles with every death in between. */
const minBackoffMs = 100
const maxBackoffMs = 30_000

export type TenantError = Busy | Forbidden | Unavailable | InternalError

export class Tenants extends Context.Service<
  Tenants,
  {
    /** Counts the effect among the tenant's requests while it runs. Busy: past its bound, nothing was done. */
    readonly withRequest: (
      tenantId: TenantId
    ) => <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E | TenantError, R>
    /**
     * `withRequest` for the hottest path, without an effect: counts a request and says so, or says why not. Undefined: the tenant is not here
     * yet, use `withRequest`. After "entered" call `leave` exactly once, whatever happens.
     */
    readonly tryEnter: (tenantId: TenantId) => "entered" | Busy | Forbidden | undefined
    readonly leave: (tenantId: TenantId) => void
    /** Counts a connection until the scope closes. */
    readonly connection: (tenantId: TenantId) => Effect.Effect<void, TenantError, Scope.Scope>
    /** At once; undefined when the tenant is not here yet: use `policy`. */
    readonly peekPolicy: (tenantId: TenantId) => TenantPolicy | undefined
    readonly policy: (tenantId: TenantId) => Effect.Effect<TenantPolicy, TenantError>
    /** Its policy is read again at the next use. What is live goes on, and stays counted. */
    readonly invalidate: (tenantId: TenantId) => Effect.Effect<void>
    readonly liveCounts: (tenantId: TenantId) => { readonly requests: number; readonly connections: number }
    /** Tenants that have a seat now. */
    readonly size: () => number
  }
>()("@parley/runtime/tenants/Tenants") {
  static readonly layerNoDeps: Layer.Layer<Tenants, never, TenantPolicies> = Layer.effect(
    Tenants,
    Effect.suspend(() => make)
  )
  static readonly layer: Layer.Layer<Tenants, never, TenantSql> = Layer.provide(Tenants.layerNoDeps, TenantPolicies.layer)
}

type Count = "requests" | "connections"

interface Seat {
  requests: number
  connections: number
  actor: TenantActor["Service"] | undefined
  /** Releases the actor. */
  lease: Scope.Closeable | undefined
  starting: Deferred.Deferred<void, TenantError> | undefined
  /** Since the last sweep. */
  isUsed: boolean
  deaths: number
  retryAtMs: number
}

const limitOf: Record<Count, (policy: TenantPolicy) => number> = {
  requests: (policy) => policy.maxConcurrentRequests,
  connections: (policy) => policy.maxConnections
}
const tooMany: Record<Count, string> = {
  requests: "the tenant has too many requests under way",
  connections: "the tenant has too many connections"
}

const make = Effect.gen(function* () {
  const seats = new Map<TenantId, Seat>()
  const clock = yield* Clock.Clock
  const scope = yield* Effect.scope

  const bury = (tenantId: TenantId, seat: Seat, cause: Cause.Cause<unknown>) =>
    Effect.suspend(() => {
      const backoffMs = Math.min(minBackoffMs * 2 ** seat.deaths, maxBackoffMs)
      seat.deaths++
      seat.retryAtMs = clock.currentTimeMillisUnsafe() + backoffMs
      return Effect.logError("A tenant's actor died and will be restarted", cause).pipe(
        Effect.annotateLogs({ tenantId, backoffMs, deaths: seat.deaths }),
        Effect.andThen(vacate(tenantId, seat))
      )
    })

  const actors: LayerMap.LayerMap<TenantId, TenantActor, Forbidden | Unavailable> = yield* LayerMap.make((tenantId: TenantId) =>
    TenantActor.layer(tenantId, {
      onDefect: (id, cause) => {
        const seat = seats.get(id)
        return seat === undefined
          ? Effect.void
          : // In a fiber of its own: releasing the actor ends the one that reports.
            Effect.asVoid(Effect.forkIn(bury(id, seat, cause), scope))
      },
      onRefreshed: (id) => {
        const seat = seats.get(id)
        if (seat !== undefined) seat.deaths = 0
      }
    })
  )

  /** Takes the actor off its seat; the seat keeps its counts. */
  const vacate = (tenantId: TenantId, seat: Seat) =>
    Effect.suspend(() => {
      const { lease } = seat
      seat.actor = undefined
      seat.lease = undefined
      return Effect.andThen(actors.invalidate(tenantId), lease === undefined ? Effect.void : Scope.close(lease, Exit.void))
    })

  const start = Effect.fnUntraced(function* (tenantId: TenantId, seat: Seat) {
    const lease = yield* Scope.make()
    const exit = yield* Effect.exit(Scope.provide(actors.contextEffect(tenantId), lease))
    if (Exit.isSuccess(exit)) {
      seat.actor = Context.get(exit.value, TenantActor)
      seat.lease = lease
      return
    }
    yield* Scope.close(lease, Exit.void)
    if (Cause.hasDies(exit.cause)) {
      yield* bury(tenantId, seat, exit.cause)
      return yield* new InternalError({ message: "the tenant failed and will be restarted", workMayHaveHappened: false })
    }
    yield* actors.invalidate(tenantId)
    return yield* Effect.failCause(exit.cause)
  })

  /** Answers when the actor is there. One start serves everybody who waits, and goes on when the first of them leaves. */
  const started = (tenantId: TenantId): Effect.Effect<Seat, TenantError> =>
    Effect.suspend(() => {
      const seat = seats.get(tenantId) ?? take(tenantId)
      if (seat === undefined) {
        return Effect.fail(new Busy({ message: "too many tenants", retryAfterMs: busyRetryAfterMs }))
      }
      seat.isUsed = true
      if (seat.actor !== undefined) return Effect.succeed(seat)
      const waitMs = seat.retryAtMs - clock.currentTimeMillisUnsafe()
      if (waitMs > 0) {
        return Effect.fail(
          new Unavailable({ message: "the tenant is restarting", retryAfterMs: waitMs, workMayHaveHappened: false })
        )
      }
      if (seat.starting !== undefined) return Effect.as(Deferred.await(seat.starting), seat)
      const starting = Deferred.makeUnsafe<void, TenantError>()
      seat.starting = starting
      return start(tenantId, seat).pipe(
        Effect.onExit((exit) => {
          seat.starting = undefined
          // Who may not be here leaves no seat behind, but for a death, whose backoff it remembers.
          if (Exit.isFailure(exit) && seat.deaths === 0) release(tenantId, seat)
          return Deferred.done(starting, exit)
        }),
        Effect.forkIn(scope),
        Effect.andThen(Deferred.await(starting)),
        Effect.as(seat)
      )
    })

  const take = (tenantId: TenantId): Seat | undefined => {
    if (seats.size >= maxTenants) return undefined
    const seat: Seat = {
      requests: 0,
      connections: 0,
      actor: undefined,
      lease: undefined,
      starting: undefined,
      isUsed: true,
      deaths: 0,
      retryAtMs: 0
    }
    seats.set(tenantId, seat)
    return seat
  }

  const release = (tenantId: TenantId, seat: Seat): void => {
    if (seat.requests === 0 && seat.connections === 0) seats.delete(tenantId)
  }

  /** Counts one more, or says why not. */
  const refusal = (seat: Seat, actor: TenantActor["Service"], count: Count): Busy | Forbidden | undefined => {
    const policy = actor.current()
    if (policy.status === "suspended") return new Forbidden({ message: "the tenant is suspended" })
    if (seat[count] >= limitOf[count](policy)) {
      return new Busy({ message: tooMany[count], retryAfterMs: busyRetryAfterMs })
    }
    seat.isUsed = true
    seat[count]++
    return undefined
  }

  /** After `started`: the actor may have died again before its waiters ran. */
  const countOn = (seat: Seat, count: Count): TenantError | undefined =>
    seat.actor === undefined
      ? new Unavailable({ message: "the tenant is restarting", retryAfterMs: minBackoffMs, workMayHaveHappened: false })
      : refusal(seat, seat.actor, count)

  const sweep = Effect.suspend(() => {
    const idle: Array<Effect.Effect<void>> = []
    for (const [tenantId, seat] of seats) {
      const isLive = seat.isUsed || seat.requests > 0 || seat.connections > 0 || seat.starting !== undefined
      seat.isUsed = false
      if (isLive || seat.retryAtMs > clock.currentTimeMillisUnsafe()) continue
      seats.delete(tenantId)
      idle.push(vacate(tenantId, seat))
    }
    return Effect.all(idle, { discard: true })
  })
  yield* Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sleep(sweepMs), sweep)))

  return Tenants.of({
    withRequest:
      (tenantId) =>
      <A, E, R>(effect: Effect.Effect<A, E, R>) =>
        Effect.suspend(() => {
          // Counted inside the finalizer's reach, so that no interruption comes in between.
          let counted: Seat | undefined
          const admitted = (seat: Seat): Effect.Effect<A, E | TenantError, R> => {
            const refused = countOn(seat, "requests")
            if (refused !== undefined) return Effect.fail(refused)
            counted = seat
            return effect
          }
          return Effect.onExit(
            Effect.suspend((): Effect.Effect<A, E | TenantError, R> => {
              const seat = seats.get(tenantId)
              return seat?.actor === undefined ? Effect.flatMap(started(tenantId), admitted) : admitted(seat)
            }),
            () => {
              if (counted !== undefined) counted.requests--
              return Effect.void
            }
          )
        }),
    tryEnter: (tenantId) => {
      const seat = seats.get(tenantId)
      return seat?.actor === undefined ? undefined : (refusal(seat, seat.actor, "requests") ?? "entered")
    },
    // A seat with something live is never given up, so it is still there.
    leave: (tenantId) => {
      const seat = seats.get(tenantId)
      if (seat !== undefined) seat.requests--
    },
    connection: (tenantId) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.flatMap(restore(started(tenantId)), (seat): Effect.Effect<void, TenantError, Scope.Scope> => {
          const refused = countOn(seat, "connections")
          if (refused !== undefined) return Effect.fail(refused)
          return Effect.addFinalizer(() => Effect.sync(() => seat.connections--))
        })
      ),
    peekPolicy: (tenantId) => seats.get(tenantId)?.actor?.current(),
    policy: (tenantId) =>
      Effect.flatMap(started(tenantId), (seat) =>
        seat.actor === undefined
          ? Effect.fail(
              new Unavailable({ message: "the tenant is restarting", retryAfterMs: minBackoffMs, workMayHaveHappened: false })
            )
          : Effect.succeed(seat.actor.current())
      ),
    invalidate: (tenantId) =>
      Effect.suspend(() => {
        const seat = seats.get(tenantId)
        return seat === undefined ? Effect.void : vacate(tenantId, seat)
      }),
    liveCounts: (tenantId) => {
      const seat = seats.get(tenantId)
      return { requests: seat?.requests ?? 0, connections: seat?.connections ?? 0 }
    },
    size: () => seats.size
  })
})
