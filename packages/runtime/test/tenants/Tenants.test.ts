import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Effect, Exit, Fiber, Layer, Logger, Option, References, Scope } from "effect"
import { TestClock } from "effect/testing"
import { Unavailable } from "@parley/domain/Errors"
import { makeTenantId } from "@parley/domain/Ids"
import type { TenantId } from "@parley/domain/Ids"
import { TenantPolicies } from "../../src/tenants/TenantPolicies.ts"
import type { TenantPolicy } from "../../src/tenants/TenantPolicies.ts"
import { Tenants } from "../../src/tenants/Tenants.ts"

type Load = Effect.Effect<Option.Option<TenantPolicy>, Unavailable>

const policy: TenantPolicy = {
  status: "active",
  maxConnections: 2,
  maxConcurrentRequests: 2,
  allowedModels: null,
  providerKeys: []
}
const allowed: Load = Effect.succeed(Option.some(policy))
const away: Load = Effect.fail(new Unavailable({ message: "away", retryAfterMs: 1, workMayHaveHappened: false }))

/** Policies as the test says; which were asked for; of which tenants a defect was logged. */
const stage = Effect.gen(function* () {
  const loads = new Map<TenantId, Load>()
  const asked: Array<TenantId> = []
  const policies = Layer.succeed(TenantPolicies, {
    load: (tenantId) =>
      Effect.suspend(() => {
        asked.push(tenantId)
        return loads.get(tenantId) ?? Effect.succeed(Option.none())
      })
  })
  const context = yield* Layer.build(Tenants.layerNoDeps.pipe(Layer.provide(policies)))
  const tenants = yield* Effect.provide(Tenants, context)
  const tenant = Effect.fnUntraced(function* (load: Load = allowed) {
    const id = yield* makeTenantId
    loads.set(id, load)
    return id
  })
  const times = (id: TenantId) => asked.filter((each) => each === id).length
  const { deaths } = yield* Deaths
  return { tenants, tenant, loads, times, deaths }
})

/** The tenants of the errors that were logged. */
class Deaths extends Context.Service<Deaths, { readonly deaths: Array<unknown> }>()("test/Deaths") {
  static readonly layer = Layer.unwrap(
    Effect.sync(() => {
      const deaths: Array<unknown> = []
      const logger = Logger.make(({ fiber, logLevel }) => {
        if (logLevel === "Error") deaths.push(fiber.getRef(References.CurrentLogAnnotations)["tenantId"])
      })
      return Layer.merge(Layer.succeed(Deaths, { deaths }), Logger.layer([logger]))
    })
  )
}

const tagOf = <A, E extends { readonly _tag: string }, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.match(effect, { onFailure: (error) => error._tag, onSuccess: () => "served" })

const running = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.forkChild(effect, { startImmediately: true })

describe("Tenants", () => {
  it.effect("counts requests while they run, whatever their end, and refuses one too many", () =>
    Effect.gen(function* () {
      const { tenant, tenants } = yield* stage
      const id = yield* tenant()
      const gate = yield* Deferred.make<void>()
      yield* tenants.withRequest(id)(Effect.void)
      const waiting = tenants.withRequest(id)(Deferred.await(gate))
      const first = yield* running(waiting)
      const second = yield* running(waiting)
      assert.strictEqual(tenants.liveCounts(id).requests, 2)
      const refused = yield* Effect.flip(tenants.withRequest(id)(Effect.void))
      assert.strictEqual(refused._tag, "Busy")
      yield* Fiber.interrupt(first)
      assert.strictEqual(tenants.liveCounts(id).requests, 1)
      assert.strictEqual(yield* tagOf(tenants.withRequest(id)(Effect.fail(refused))), "Busy")
      yield* Effect.exit(tenants.withRequest(id)(Effect.die("a bug of the request")))
      assert.strictEqual(tenants.liveCounts(id).requests, 1)
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.join(second)
      assert.strictEqual(tenants.liveCounts(id).requests, 0)
    }).pipe(Effect.provide(Deaths.layer))
  )

  it.effect("counts connections until their scopes close, and each tenant's apart", () =>
    Effect.gen(function* () {
      const { tenant, tenants } = yield* stage
      const id = yield* tenant()
      const other = yield* tenant()
      const scope = yield* Scope.make()
      const connect = (which: TenantId) => Scope.provide(tenants.connection(which), scope)
      yield* connect(id)
      yield* connect(id)
      assert.strictEqual(yield* tagOf(connect(id)), "Busy")
      assert.strictEqual(yield* tagOf(connect(other)), "served")
      assert.deepStrictEqual(tenants.liveCounts(id), { requests: 0, connections: 2 })
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(tenants.liveCounts(id), { requests: 0, connections: 0 })
      assert.deepStrictEqual(tenants.liveCounts(other), { requests: 0, connections: 0 })
    }).pipe(Effect.provide(Deaths.layer))
  )

  it.effect("counts what enters and leaves without an effect like any other request", () =>
    Effect.gen(function* () {
      const { tenant, tenants } = yield* stage
      const id = yield* tenant()
      assert.isUndefined(tenants.tryEnter(id))
      yield* tenants.withRequest(id)(Effect.void)
      assert.deepStrictEqual([tenants.tryEnter(id), tenants.tryEnter(id)], ["entered", "entered"])
      assert.deepInclude(tenants.tryEnter(id), { _tag: "Busy" })
      assert.strictEqual(yield* tagOf(tenants.withRequest(id)(Effect.void)), "Busy")
      yield* TestClock.adjust("3 minutes")
      yield* tenants.invalidate(id)
      tenants.leave(id)
      tenants.leave(id)
      assert.strictEqual(tenants.liveCounts(id).requests, 0)
    }).pipe(Effect.provide(Deaths.layer))
  )

  it.effect("starts a tenant's actor once for all who come at the same time, though the first of them leaves", () =>
    Effect.gen(function* () {
      const { tenant, tenants, times } = yield* stage
      const gate = yield* Deferred.make<void>()
      const id = yield* tenant(Effect.andThen(Deferred.await(gate), allowed))
      const first = yield* running(tenants.policy(id))
      const others = yield* Effect.forEach(Array.from({ length: 20 }), () => running(tenants.policy(id)))
      yield* Fiber.interrupt(first)
      yield* Deferred.succeed(gate, undefined)
      for (const fiber of others) assert.deepStrictEqual(yield* Fiber.join(fiber), policy)
      assert.strictEqual(times(id), 1)
    }).pipe(Effect.provide(Deaths.layer))
  )

  it.effect("forbids a suspended tenant, and one that is not there", () =>
    Effect.gen(function* () {
      const { tenant, tenants } = yield* stage
      const suspended = yield* tenant(Effect.succeed(Option.some({ ...policy, status: "suspended" })))
      const unknown = yield* tenant(Effect.succeed(Option.none()))
      for (const id of [suspended, unknown]) {
        assert.strictEqual(yield* tagOf(tenants.withRequest(id)(Effect.void)), "Forbidden")
        assert.strictEqual(yield* tagOf(Effect.scoped(tenants.connection(id))), "Forbidden")
      }
      assert.strictEqual(tenants.size(), 1)
    }).pipe(Effect.provide(Deaths.layer))
  )

  it.effect("sees a change of policy within half a minute, and at once when told", () =>
    Effect.gen(function* () {
      const { loads, tenant, tenants } = yield* stage
      const id = yield* tenant()
      const request = tagOf(tenants.withRequest(id)(Effect.void))
      assert.strictEqual(yield* request, "served")
      loads.set(id, Effect.succeed(Option.some({ ...policy, status: "suspended" })))
      assert.strictEqual(yield* request, "served")
      yield* TestClock.adjust("31 seconds")
      assert.strictEqual(yield* request, "Forbidden")
      loads.set(id, allowed)
      yield* tenants.invalidate(id)
      assert.strictEqual(yield* request, "served")
      loads.set(id, Effect.succeed(Option.none()))
      yield* TestClock.adjust("31 seconds")
      assert.strictEqual(yield* request, "Forbidden")
    }).pipe(Effect.provide(Deaths.layer))
  )

  it.effect("goes on with the last known policy while the database is away, and says so to new tenants", () =>
    Effect.gen(function* () {
      const { loads, tenant, tenants } = yield* stage
      const id = yield* tenant()
      yield* tenants.withRequest(id)(Effect.void)
      loads.set(id, away)
      yield* TestClock.adjust("31 seconds")
      assert.strictEqual(yield* tagOf(tenants.withRequest(id)(Effect.void)), "served")
      const late = yield* tenant(away)
      assert.strictEqual(yield* tagOf(tenants.withRequest(late)(Effect.void)), "Unavailable")
      loads.set(late, allowed)
      assert.strictEqual(yield* tagOf(tenants.withRequest(late)(Effect.void)), "served")
    }).pipe(Effect.provide(Deaths.layer))
  )

  it.effect("keeps counts over a change of policy in the middle of a request", () =>
    Effect.gen(function* () {
      const { tenant, tenants } = yield* stage
      const id = yield* tenant()
      const gate = yield* Deferred.make<void>()
      yield* tenants.withRequest(id)(Effect.void)
      const fibers = [
        yield* running(tenants.withRequest(id)(Deferred.await(gate))),
        yield* running(tenants.withRequest(id)(Deferred.await(gate)))
      ]
      yield* tenants.invalidate(id)
      assert.strictEqual(yield* tagOf(tenants.withRequest(id)(Effect.void)), "Busy")
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.joinAll(fibers)
      assert.strictEqual(tenants.liveCounts(id).requests, 0)
    }).pipe(Effect.provide(Deaths.layer))
  )

  it.effect("evicts a tenant that nobody uses, and not one with something live", () =>
    Effect.gen(function* () {
      const { tenant, tenants, times } = yield* stage
      const idle = yield* tenant()
      const live = yield* tenant()
      yield* tenants.withRequest(idle)(Effect.void)
      const scope = yield* Scope.make()
      yield* Scope.provide(tenants.connection(live), scope)
      yield* TestClock.adjust("3 minutes")
      assert.strictEqual(tenants.size(), 1)
      assert.strictEqual(tenants.liveCounts(live).connections, 1)
      const before = times(idle)
      yield* TestClock.adjust("10 minutes")
      assert.strictEqual(times(idle), before)
      yield* tenants.withRequest(idle)(Effect.void)
      assert.strictEqual(times(idle), before + 1)
      yield* Scope.close(scope, Exit.void)
      yield* TestClock.adjust("3 minutes")
      assert.strictEqual(tenants.size(), 0)
    }).pipe(Effect.provide(Deaths.layer))
  )

  it.effect("contains a defect at the start: logged with its tenant, restarted under its own backoff, others served", () =>
    Effect.gen(function* () {
      const { deaths, loads, tenant, tenants, times } = yield* stage
      const broken = yield* tenant(Effect.die(new Error("a row that does not fit")))
      const sound = yield* tenant()
      const request = tagOf(tenants.withRequest(broken)(Effect.void))
      assert.strictEqual(yield* request, "InternalError")
      assert.deepStrictEqual(deaths, [broken])
      assert.strictEqual(yield* request, "Unavailable")
      assert.strictEqual(times(broken), 1)
      assert.strictEqual(yield* tagOf(tenants.withRequest(sound)(Effect.void)), "served")
      yield* TestClock.adjust(100)
      assert.strictEqual(yield* request, "InternalError")
      yield* TestClock.adjust(100)
      // The second pause is twice the first.
      assert.strictEqual(yield* request, "Unavailable")
      loads.set(broken, allowed)
      yield* TestClock.adjust(100)
      assert.strictEqual(yield* request, "served")
      assert.deepStrictEqual(deaths, [broken, broken])
    }).pipe(Effect.provide(Deaths.layer))
  )

  it.effect("contains a defect in the middle of a life: what is live stays counted, and the others never notice", () =>
    Effect.gen(function* () {
      const { deaths, loads, tenant, tenants } = yield* stage
      const broken = yield* tenant()
      const sound = yield* tenant()
      const gate = yield* Deferred.make<void>()
      yield* tenants.withRequest(broken)(Effect.void)
      const live = yield* running(tenants.withRequest(broken)(Deferred.await(gate)))
      yield* tenants.withRequest(sound)(Effect.void)
      loads.set(broken, Effect.die(new Error("a row that no longer fits")))
      yield* TestClock.adjust("30 seconds")
      assert.deepStrictEqual(deaths, [broken])
      assert.strictEqual(tenants.liveCounts(broken).requests, 1)
      assert.strictEqual(yield* tagOf(tenants.withRequest(broken)(Effect.void)), "Unavailable")
      assert.strictEqual(yield* tagOf(tenants.withRequest(sound)(Effect.void)), "served")
      loads.set(broken, allowed)
      yield* TestClock.adjust(100)
      assert.strictEqual(yield* tagOf(tenants.withRequest(broken)(Effect.void)), "served")
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.join(live)
      assert.strictEqual(tenants.liveCounts(broken).requests, 0)
      // Having shown itself well, its next death is its first again.
      yield* TestClock.adjust("31 seconds")
      loads.set(broken, Effect.die(new Error("again")))
      yield* TestClock.adjust("30 seconds")
      loads.set(broken, allowed)
      yield* TestClock.adjust(100)
      assert.strictEqual(yield* tagOf(tenants.withRequest(broken)(Effect.void)), "served")
    }).pipe(Effect.provide(Deaths.layer))
  )
})
