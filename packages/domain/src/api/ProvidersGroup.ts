/** `/api/providers`: how the providers and their targets do. */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { ProviderStatus } from "../ProviderStatuses.ts"
import { Authentication } from "./Authentication.ts"
import { Problems } from "./Problems.ts"

export class ProvidersGroup extends HttpApiGroup.make("providers")
  .add(
    HttpApiEndpoint.get("list", "/", { success: Schema.Array(ProviderStatus) }).annotate(
      OpenApi.Description,
      "For administrators: every provider, live or asleep for want of a secret, and the circuit, load and statistics of each of its targets, as the process that answers sees them."
    )
  )
  .middleware(Authentication)
  .middleware(Problems)
  .prefix("/api/providers") {}
