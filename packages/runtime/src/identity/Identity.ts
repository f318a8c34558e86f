/** Who asks, and who may: keys and sessions verified, tenants and keys administered, people signed in and invited, over one cache of what was verified. */
import { Layer } from "effect"
import type { Administration, Authenticator } from "@parley/domain/Administration"
import type { Invites } from "@parley/domain/Invites"
import type { SignIns } from "@parley/domain/SignIns"
import type { SystemSql } from "../storage/SystemSql.ts"
import type { TenantSql } from "../storage/TenantSql.ts"
import { SqlAdministration } from "./SqlAdministration.ts"
import { SqlAuthenticator } from "./SqlAuthenticator.ts"
import { SqlInvites } from "./SqlInvites.ts"
import { SqlSignIns } from "./SqlSignIns.ts"
import { TenantStatus } from "./TenantStatus.ts"
import { VerifiedKeys } from "./VerifiedKeys.ts"
import type { Tenants } from "../tenants/Tenants.ts"

const layer: Layer.Layer<
  Authenticator | Administration | SignIns | Invites | TenantStatus,
  never,
  TenantSql | SystemSql | Tenants
> = Layer.mergeAll(SqlAuthenticator.layer, SqlAdministration.layer, SqlSignIns.layer, SqlInvites.layer, TenantStatus.layer).pipe(
  Layer.provide(VerifiedKeys.layer)
)

export const Identity = { layer }
