/** `parley provider-key list | set | remove | reseal`: the keys of providers that tenants brought. */
import { ProviderName, SetProviderKey } from "@parley/domain/ModelAccess"
import { TenantId } from "@parley/domain/Ids"
import { resealProviderKeys } from "@parley/runtime/identity/resealProviderKeys"
import { Console, Effect, Schema, Stdio, Stream } from "effect"
import { Argument, CliError, Command, Flag } from "effect/cli"
import { ofTenant, withModelAccess } from "../withModelAccess.ts"

const tenant = Flag.String("tenant").pipe(Flag.withDescription("The tenant's id (ten_…)"), Flag.withSchema(TenantId))
const provider = Argument.String("provider").pipe(
  Argument.withDescription("The prefix of its models"),
  Argument.withSchema(ProviderName)
)

const list = Command.make(
  "list",
  { tenant },
  Effect.fnUntraced(function* ({ tenant }) {
    const keys = yield* ofTenant(tenant, (access) => access.providerKeys(tenant))
    for (const { hint, isReadable, provider } of keys) {
      yield* Console.log(`${provider.padEnd(16)}  …${hint}${isReadable ? "" : "  sealed under a master key that is not here"}`)
    }
  })
).pipe(Command.withDescription("List a tenant's own keys"))

const noKey = new CliError.UserError({
  cause: undefined,
  userMessage:
    "A key of 8 to 2,048 characters without spaces is read from the standard input: printenv KEY | parley provider-key set …"
})

/** Not an argument, which everybody on the machine could read. */
const keyFromInput = Effect.flatMap(
  Effect.orDie(Effect.flatMap(Stdio.Stdio, ({ stdin }) => Stream.mkString(Stream.decodeText(stdin)))),
  (input) => Effect.mapError(Schema.decodeUnknownEffect(SetProviderKey)({ key: input.trim() }), () => noKey)
)

const set = Command.make(
  "set",
  { tenant, provider },
  Effect.fnUntraced(function* ({ provider, tenant }) {
    const input = yield* keyFromInput
    const { hint } = yield* ofTenant(tenant, (access) => access.setProviderKey(tenant, provider, input))
    yield* Console.log(`${provider} is called with the tenant's own key …${hint}.`)
  })
).pipe(Command.withDescription("Set a tenant's own key, read from the standard input"))

const remove = Command.make(
  "remove",
  { tenant, provider },
  Effect.fnUntraced(function* ({ provider, tenant }) {
    yield* ofTenant(tenant, (access) => access.removeProviderKey(tenant, provider))
    yield* Console.log(`${provider} is called with the operator's key again.`)
  })
).pipe(Command.withDescription("Remove a tenant's own key"))

const reseal = Command.make(
  "reseal",
  {},
  Effect.fnUntraced(function* () {
    const { current, resealed, unreadable } = yield* withModelAccess(resealProviderKeys)
    yield* Console.log(`${resealed} keys were sealed again under the first master key; ${current} were already.`)
    for (const { provider, tenantId } of unreadable) {
      yield* Console.log(`${tenantId}  ${provider}  cannot be read: give its master key too, or set the key again`)
    }
  })
).pipe(
  Command.withDescription("Seal all tenants' keys again under the first of PARLEY_MASTER_KEY, so that the others may be left out")
)

export const providerKey = Command.make("provider-key").pipe(
  Command.withDescription("Tenants' own keys of providers, from the command line"),
  Command.withSubcommands([list, set, remove, reseal])
)
