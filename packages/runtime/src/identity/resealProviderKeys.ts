/**
 * Every tenant's keys of providers, sealed again under the first master key: after it the others may be left out. It may be stopped and begun again
 * at any time, and a key that is set or removed meanwhile stays as it was set or removed.
 */
import { Effect, Option, Schema } from "effect"
import { TenantId } from "@parley/domain/Ids"
import { SecretBox } from "../secrets/SecretBox.ts"
import { decodeRows } from "../storage/decodeRows.ts"
import { SystemSql } from "../storage/SystemSql.ts"
import { TenantSql } from "../storage/TenantSql.ts"
import { secretOwner } from "../tenants/TenantModels.ts"

export interface Resealed {
  readonly resealed: number
  /** They were sealed under the first master key already. */
  readonly current: number
  /** Sealed under a master key that was not given: their tenants have to set them again. */
  readonly unreadable: ReadonlyArray<{ readonly tenantId: TenantId; readonly provider: string }>
}

/** Tenants that are read at once, to bound what is held. */
const tenantsAtOnce = 500

const decodeTenants = decodeRows(Schema.Struct({ id: TenantId }))
const decodeSealed = decodeRows(Schema.Struct({ provider: Schema.String, masterKeyId: Schema.String, sealed: Schema.String }))

export const resealProviderKeys = Effect.gen(function* () {
  const system = yield* SystemSql
  const total = { resealed: 0, current: 0, unreadable: Array<{ readonly tenantId: TenantId; readonly provider: string }>() }
  let last = ""
  for (;;) {
    const after = last
    const tenants = yield* decodeTenants(
      yield* system.read((sql) => sql`select id from tenants where id > ${after} order by id limit ${tenantsAtOnce}`)
    )
    for (const { id } of tenants) yield* resealTenant(id, total)
    const newest = tenants.at(-1)
    if (newest === undefined) return total satisfies Resealed
    last = newest.id
  }
}).pipe(Effect.withSpan("resealProviderKeys"))

const resealTenant = Effect.fnUntraced(function* (
  tenantId: TenantId,
  total: { resealed: number; current: number; unreadable: Array<{ readonly tenantId: TenantId; readonly provider: string }> }
) {
  const box = yield* SecretBox
  const tenantSql = yield* TenantSql
  const rows = yield* decodeSealed(
    yield* tenantSql.read(
      tenantId,
      (sql) => sql`select provider, master_key_id as "masterKeyId", sealed from provider_keys order by provider`
    )
  )
  for (const row of rows) {
    const { provider } = row
    const owner = secretOwner(tenantId, provider)
    const opened = box.open("provider-key", owner, row)
    if (Option.isNone(opened)) {
      total.unreadable.push({ tenantId, provider })
      continue
    }
    if (row.masterKeyId === box.masterKeyId) {
      total.current++
      continue
    }
    const { masterKeyId, sealed } = box.seal("provider-key", owner, opened.value)
    const written = yield* tenantSql.write(
      tenantId,
      (sql) => sql`
        update provider_keys set master_key_id = ${masterKeyId}, sealed = ${sealed}
        where provider = ${provider} and sealed = ${row.sealed} returning provider`
    )
    total.resealed += written.length
  }
})
