/** `parley tenant create | list`. */
import { CreateTenant } from "@parley/domain/Administration"
import { Console, Effect, Option } from "effect"
import { Argument, Command } from "effect/cli"
import { withAdministration } from "../withAdministration.ts"

const create = Command.make(
  "create",
  { name: Argument.String("name").pipe(Argument.withSchema(CreateTenant.fields.name)) },
  Effect.fnUntraced(function* ({ name }) {
    const { ownerKey, tenant } = yield* withAdministration(Option.none(), (administration) =>
      administration.createTenant({ name })
    )
    yield* Console.log(
      `Tenant  ${tenant.id}  ${tenant.name}\nKey     ${ownerKey.secret}\nThis is its owner's key. It is shown only this once: keep it.`
    )
  })
).pipe(Command.withDescription("Make a tenant, and its owner's key"))

const list = Command.make(
  "list",
  {},
  Effect.fnUntraced(function* () {
    const tenants = yield* withAdministration(Option.none(), (administration) => administration.listTenants)
    for (const tenant of tenants) yield* Console.log(`${tenant.id}  ${tenant.status.padEnd(9)}  ${tenant.name}`)
  })
).pipe(Command.withDescription("List the tenants"))

export const tenant = Command.make("tenant").pipe(
  Command.withDescription("Tenants, from the command line"),
  Command.withSubcommands([create, list])
)
