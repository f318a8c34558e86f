/** `/api/tenants`, `/api/keys`, `/api/me`. */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema } from "effect/http-api"
import { ApiKey, CreateApiKey, CreatedTenant, CreateTenant, IssuedApiKey, Tenant } from "../Administration.ts"
import { Role, Scope } from "../Caller.ts"
import { ApiKeyId, PrincipalId, TenantId } from "../Ids.ts"
import { Authentication } from "./Authentication.ts"
import { Problems } from "./Problems.ts"

export const Me = Schema.Struct({
  tenantId: TenantId,
  principalId: PrincipalId,
  roles: Schema.Array(Role),
  scopes: Schema.Array(Scope)
})

export class TenantsGroup extends HttpApiGroup.make("tenants")
  .add(
    HttpApiEndpoint.get("me", "/me", { success: Me }),
    HttpApiEndpoint.get("listTenants", "/tenants", { success: Schema.Array(Tenant) }),
    HttpApiEndpoint.post("createTenant", "/tenants", {
      payload: CreateTenant,
      success: CreatedTenant.pipe(HttpApiSchema.status(201))
    }),
    HttpApiEndpoint.get("getTenant", "/tenants/:id", { params: { id: TenantId }, success: Tenant }),
    HttpApiEndpoint.get("listKeys", "/keys", { success: Schema.Array(ApiKey) }),
    HttpApiEndpoint.post("createKey", "/keys", {
      payload: CreateApiKey,
      success: IssuedApiKey.pipe(HttpApiSchema.status(201))
    }),
    HttpApiEndpoint.delete("revokeKey", "/keys/:id", { params: { id: ApiKeyId }, success: ApiKey })
  )
  .middleware(Authentication)
  .middleware(Problems)
  .prefix("/api") {}
