/** `ModelAccess` in Postgres. */
import { Clock, Effect, Layer, Option, Redacted, Schema } from "effect"
import { Caller } from "@parley/domain/Caller"
import type { CallerInfo } from "@parley/domain/Caller"
import { InvalidRequest, NotFound } from "@parley/domain/Errors"
import type { Forbidden } from "@parley/domain/Errors"
import type { TenantId } from "@parley/domain/Ids"
import { AllowedModels, maxProviderKeys, ModelAccess } from "@parley/domain/ModelAccess"
import { OwnKeyProviders } from "@parley/providers/ReloadableProviders"
import { SecretBox } from "../secrets/SecretBox.ts"
import { decodeRows } from "../storage/decodeRows.ts"
import { TenantSql } from "../storage/TenantSql.ts"
import { secretOwner } from "../tenants/TenantModels.ts"
import { Tenants } from "../tenants/Tenants.ts"
import { allow, may } from "./authorization.ts"

const decodeAllowed = decodeRows(AllowedModels)
const decodeKeys = decodeRows(
  Schema.Struct({
    provider: Schema.String,
    hint: Schema.String,
    createdAtMs: Schema.Int,
    masterKeyId: Schema.String,
    sealed: Schema.String
  })
)

const noTenant = new NotFound({ message: "no such tenant", resource: "tenant" })
const noKey = new NotFound({ message: "the tenant has no key of its own for this provider", resource: "provider-key" })

const tooManyKeys = new InvalidRequest({
  message: `the tenant is gone, or has ${maxProviderKeys} keys of its own already`,
  issues: []
})

/** How much of a key its hint shows, in characters. */
const hintLength = 4

export const layer: Layer.Layer<ModelAccess, never, TenantSql | Tenants | SecretBox | OwnKeyProviders> = Layer.effect(
  ModelAccess,
  Effect.gen(function* () {
    const tenantSql = yield* TenantSql
    const tenants = yield* Tenants
    const box = yield* SecretBox
    const providers = yield* OwnKeyProviders

    const told = (tenantId: TenantId, row: Effect.Success<ReturnType<typeof decodeKeys>>[number]) => ({
      provider: row.provider,
      hint: row.hint,
      createdAtMs: row.createdAtMs,
      isReadable: Option.isSome(box.open("provider-key", secretOwner(tenantId, row.provider), row))
    })

    return ModelAccess.of({
      allowedModels: Effect.fn("ModelAccess.allowedModels")(function* (id) {
        yield* visible(yield* Caller, id)
        const rows = yield* tenantSql.read(id, (sql) => sql`select allowed_models as "allowedModels" from tenants`)
        return (yield* decodeAllowed(rows))[0] ?? (yield* noTenant)
      }),

      setAllowedModels: Effect.fn("ModelAccess.setAllowedModels")(function* (id, { allowedModels }) {
        yield* allow(yield* Caller, "manage-tenants")
        const rows = yield* tenantSql.write(
          id,
          (sql) => sql`
            update tenants set allowed_models = ${allowedModels === null ? null : [...allowedModels]}
            returning allowed_models as "allowedModels"`
        )
        const stored = (yield* decodeAllowed(rows))[0] ?? (yield* noTenant)
        yield* tenants.invalidate(id)
        return stored
      }),

      providerKeys: Effect.fn("ModelAccess.providerKeys")(function* (id) {
        yield* manageable(yield* Caller, id)
        const rows = yield* tenantSql.read(
          id,
          (sql) => sql`
            select provider, hint, created_at_ms::float8 as "createdAtMs", master_key_id as "masterKeyId", sealed
            from provider_keys order by provider`
        )
        return (yield* decodeKeys(rows)).map((row) => told(id, row))
      }),

      setProviderKey: Effect.fn("ModelAccess.setProviderKey")(function* (id, provider, { key }) {
        yield* manageable(yield* Caller, id)
        if (!providers.accepts(provider)) return yield* notAccepted(provider)
        const { masterKeyId, sealed } = box.seal("provider-key", secretOwner(id, provider), Redacted.make(key))
        const nowMs = yield* Clock.currentTimeMillis
        const rows = yield* tenantSql.write(
          id,
          (sql) => sql`
            insert into provider_keys (provider, master_key_id, sealed, hint, created_at_ms)
            select ${provider}, ${masterKeyId}, ${sealed}, ${key.slice(-hintLength)}, ${nowMs}::bigint from tenants
            where (select count(*) from provider_keys where provider <> ${provider}) < ${maxProviderKeys}
            on conflict (tenant_id, provider) do update
              set master_key_id = excluded.master_key_id, sealed = excluded.sealed, hint = excluded.hint,
                created_at_ms = excluded.created_at_ms
            returning provider, hint, created_at_ms::float8 as "createdAtMs", master_key_id as "masterKeyId", sealed`
        )
        const [stored] = yield* decodeKeys(rows)
        if (stored === undefined) return yield* tooManyKeys
        yield* tenants.invalidate(id)
        return told(id, stored)
      }),

      removeProviderKey: Effect.fn("ModelAccess.removeProviderKey")(function* (id, provider) {
        yield* manageable(yield* Caller, id)
        const rows = yield* tenantSql.write(
          id,
          (sql) => sql`
            delete from provider_keys where provider = ${provider}
            returning provider, hint, created_at_ms::float8 as "createdAtMs", master_key_id as "masterKeyId", sealed`
        )
        const removed = (yield* decodeKeys(rows))[0] ?? (yield* noKey)
        yield* tenants.invalidate(id)
        return told(id, removed)
      })
    })
  })
)

/** A tenant of which the caller may not know is not told apart from none. */
const visible = (caller: CallerInfo, id: TenantId): Effect.Effect<void, NotFound> =>
  id === caller.tenantId || may(caller, "manage-tenants") ? Effect.void : Effect.fail(noTenant)

/** The owner's own tenant, or the administrator's every one. */
const manageable = (caller: CallerInfo, id: TenantId): Effect.Effect<void, NotFound | Forbidden> =>
  Effect.andThen(visible(caller, id), may(caller, "manage-tenants") ? Effect.void : allow(caller, "manage-provider-keys"))

const notAccepted = (provider: string): InvalidRequest => {
  const message = `names no provider that takes a tenant's own key: "${provider}" is neither configured nor a vendor with one address for everybody`
  return new InvalidRequest({ message: `provider: ${message}`, issues: [{ path: "provider", message }] })
}
