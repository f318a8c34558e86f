/** Who asks, and who may: keys verified, tenants and keys administered, over one cache of verified keys. */
import { Layer } from "effect"
import type { Administration, Authenticator } from "@parley/domain/Administration"
import type { SystemSql } from "../storage/SystemSql.ts"
import type { TenantSql } from "../storage/TenantSql.ts"
import { SqlAdministration } from "./SqlAdministration.ts"
import { SqlAuthenticator } from "./SqlAuthenticator.ts"
import { TenantStatus } from "./TenantStatus.ts"
import { VerifiedKeys } from "./VerifiedKeys.ts"
import type { Tenants } from "../tenants/Tenants.ts"

const layer: Layer.Layer<Authenticator | Administration | TenantStatus, never, TenantSql | SystemSql | Tenants> = Layer.mergeAll(
  SqlAuthenticator.layer,
  SqlAdministration.layer,
  TenantStatus.layer
).pipe(Layer.provide(VerifiedKeys.layer))

export const Identity = { layer }
