/** Runs a command of the operator on what tenants may ask and with whose keys, with the providers and master keys that a server here would have. */
import { ModelAccess } from "@parley/domain/ModelAccess"
import type { Caller } from "@parley/domain/Caller"
import type { TenantId } from "@parley/domain/Ids"
import { layerReloadable } from "@parley/providers/ReloadableProviders"
import * as SqlModelAccess from "@parley/runtime/identity/SqlModelAccess"
import { SharedStores } from "@parley/runtime/redis/SharedStores"
import type { SecretBox } from "@parley/runtime/secrets/SecretBox"
import { Database } from "@parley/runtime/storage/Database"
import type { SystemSql } from "@parley/runtime/storage/SystemSql"
import type { TenantSql } from "@parley/runtime/storage/TenantSql"
import { Tenants } from "@parley/runtime/tenants/Tenants"
import { Effect, Layer, Option, References } from "effect"
import { openDatabase, startAttempts } from "./DatabaseAddress.ts"
import { forPeople } from "./forPeople.ts"
import { layerSecretBox } from "./MasterKeys.ts"
import { asOperatorOf } from "./Operator.ts"
import { environmentProviders, fileProviders } from "./providersOf.ts"
import { readProvidersFile } from "./readProvidersFile.ts"
import { settings } from "./Settings.ts"

type Needs = ModelAccess | SecretBox | SystemSql | TenantSql

/** A server that runs sees what it changed within half a minute. */
export const withModelAccess = <A, E extends { readonly message: string }>(use: Effect.Effect<A, E, Needs>) =>
  Effect.gen(function* () {
    const all = yield* settings
    const { config } = yield* fileProviders(Option.getOrElse(yield* readProvidersFile(all), () => ({})))
    const { url } = yield* openDatabase(all)
    const layer = SqlModelAccess.layer.pipe(
      Layer.provide(layerReloadable({ ...environmentProviders(all), ...config }).pipe(Layer.provide(SharedStores.layerMemory))),
      Layer.provideMerge(layerSecretBox(all)),
      Layer.provide(Tenants.layer),
      Layer.provideMerge(Database.layer({ url, startAttempts }))
    )
    return yield* Effect.provideContext(use, yield* Layer.build(layer))
  }).pipe(Effect.scoped, Effect.provide(Layer.succeed(References.MinimumLogLevel, "Warn")), forPeople)

/** On behalf of a tenant. */
export const ofTenant = <A, E extends { readonly message: string }>(
  tenant: TenantId,
  use: (access: ModelAccess["Service"]) => Effect.Effect<A, E, Caller>
) => withModelAccess(Effect.flatMap(ModelAccess, (access) => asOperatorOf(tenant)(use(access))))
