/** `/api/tenants/:id/models` and `/api/tenants/:id/provider-keys`. */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup } from "effect/http-api"
import { TenantId } from "../Ids.ts"
import { AllowedModels, ProviderKey, ProviderName, SetProviderKey } from "../ModelAccess.ts"
import { Authentication } from "./Authentication.ts"
import { Problems } from "./Problems.ts"

const ofTenant = { id: TenantId }
const ofProvider = { id: TenantId, provider: ProviderName }

export class ModelAccessGroup extends HttpApiGroup.make("modelAccess")
  .add(
    HttpApiEndpoint.get("allowedModels", "/tenants/:id/models", { params: ofTenant, success: AllowedModels }),
    HttpApiEndpoint.put("setAllowedModels", "/tenants/:id/models", {
      params: ofTenant,
      payload: AllowedModels,
      success: AllowedModels
    }),
    HttpApiEndpoint.get("providerKeys", "/tenants/:id/provider-keys", { params: ofTenant, success: Schema.Array(ProviderKey) }),
    HttpApiEndpoint.put("setProviderKey", "/tenants/:id/provider-keys/:provider", {
      params: ofProvider,
      payload: SetProviderKey,
      success: ProviderKey
    }),
    HttpApiEndpoint.delete("removeProviderKey", "/tenants/:id/provider-keys/:provider", {
      params: ofProvider,
      success: ProviderKey
    })
  )
  .middleware(Authentication)
  .middleware(Problems)
  .prefix("/api") {}
