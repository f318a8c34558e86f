/** Runs a command of the operator on the database itself; a running server is told of what it changed. */
import { Administration } from "@parley/domain/Administration"
import type { Caller } from "@parley/domain/Caller"
import { TenantId } from "@parley/domain/Ids"
import { Bootstrap } from "@parley/runtime/identity/Bootstrap"
import { Identity } from "@parley/runtime/identity/Identity"
import { PostgresNotices } from "@parley/runtime/notices/PostgresNotices"
import { Database } from "@parley/runtime/storage/Database"
import { Tenants } from "@parley/runtime/tenants/Tenants"
import { Effect, Layer, Option, References } from "effect"
import { Flag } from "effect/cli"
import { openDatabase, startAttempts } from "./DatabaseAddress.ts"
import { forPeople } from "./forPeople.ts"
import { asOperatorOf } from "./Operator.ts"
import { settings } from "./Settings.ts"

export const tenantFlag = Flag.String("tenant").pipe(
  Flag.withDescription("The tenant's id (ten_…); the administrator's own when absent"),
  Flag.withSchema(TenantId),
  Flag.optional
)

/** @param tenant - on whose behalf; the administrator's own tenant when none. */
export const withAdministration = <A, E extends { readonly message: string }>(
  tenant: Option.Option<TenantId>,
  use: (administration: Administration["Service"]) => Effect.Effect<A, E, Caller>
) =>
  Effect.gen(function* () {
    const all = yield* settings
    const { url } = yield* openDatabase(all)
    const layer = Identity.layer.pipe(
      Layer.provideMerge(Tenants.layer),
      Layer.provideMerge(PostgresNotices.layer({ url, tells: true, listens: false })),
      Layer.provideMerge(Database.layer({ url, startAttempts }))
    )
    const context = yield* Layer.build(layer)
    return yield* Effect.gen(function* () {
      const own = Option.isSome(tenant) ? tenant.value : (yield* Bootstrap.run({ givenKey: all.bootstrapApiKey })).tenant.id
      return yield* asOperatorOf(own)(use(yield* Administration))
    }).pipe(Effect.provide(context))
  }).pipe(Effect.scoped, Effect.provide(Layer.succeed(References.MinimumLogLevel, "Warn")), forPeople)
