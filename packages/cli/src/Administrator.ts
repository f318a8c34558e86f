/** The first administrator's tenant and key, made at the first start. */
import type { Tenant } from "@parley/domain/Administration"
import { Bootstrap } from "@parley/runtime/identity/Bootstrap"
import { Context, Effect, Layer, Option, Redacted } from "effect"

export class Administrator extends Context.Service<
  Administrator,
  {
    readonly tenant: Tenant
    /** The key, when this start made it; it is told to a person once and kept nowhere. */
    readonly newKey: Option.Option<Redacted.Redacted<string>>
  }
>()("@parley/cli/Administrator") {
  static readonly layer = (givenKey: Option.Option<Redacted.Redacted<string>>) =>
    Layer.effect(Administrator, Bootstrap.run({ givenKey }))
}
