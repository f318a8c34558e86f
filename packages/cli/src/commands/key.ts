/** `parley key create | list | revoke`. */
import { CreateApiKey } from "@parley/domain/Administration"
import { Role, Scope } from "@parley/domain/Caller"
import { ApiKeyId } from "@parley/domain/Ids"
import { Console, Effect } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { tenantFlag, withAdministration } from "../withAdministration.ts"

const create = Command.make(
  "create",
  {
    tenant: tenantFlag,
    name: Argument.String("name").pipe(
      Argument.withDescription("What it is for"),
      Argument.withSchema(CreateApiKey.fields.displayName)
    ),
    roles: Flag.Literals("role", Role.literals).pipe(Flag.withDescription("member when absent; may be repeated"), Flag.atMost(3)),
    scopes: Flag.Literals("scope", Scope.literals).pipe(
      Flag.withDescription("chat and completions when absent; may be repeated"),
      Flag.atMost(8)
    )
  },
  Effect.fnUntraced(function* ({ name, roles, scopes, tenant }) {
    const { apiKey, secret } = yield* withAdministration(tenant, (administration) =>
      administration.createApiKey({
        displayName: name,
        ...(roles.length === 0 ? {} : { roles }),
        ...(scopes.length === 0 ? {} : { scopes })
      })
    )
    yield* Console.log(`Id   ${apiKey.id}\nKey  ${secret}\nThe key is shown only this once: keep it.`)
  })
).pipe(Command.withDescription("Make an API key"))

const list = Command.make(
  "list",
  { tenant: tenantFlag },
  Effect.fnUntraced(function* ({ tenant }) {
    const keys = yield* withAdministration(tenant, (administration) => administration.listApiKeys)
    for (const row of keys) {
      const state = row.revokedAtMs === null ? "active " : "revoked"
      yield* Console.log(
        `${row.id}  ${row.prefix}…  ${state}  ${row.roles.join(",")}  ${row.scopes.join(",")}  ${row.displayName}`
      )
    }
  })
).pipe(Command.withDescription("List a tenant's API keys"))

const revoke = Command.make(
  "revoke",
  { tenant: tenantFlag, id: Argument.String("id").pipe(Argument.withSchema(ApiKeyId)) },
  Effect.fnUntraced(function* ({ id, tenant }) {
    const revoked = yield* withAdministration(tenant, (administration) => administration.revokeApiKey(id))
    yield* Console.log(`${revoked.id} is revoked.`)
  })
).pipe(Command.withDescription("Revoke an API key"))

export const key = Command.make("key").pipe(
  Command.withDescription("API keys, from the command line"),
  Command.withSubcommands([create, list, revoke])
)
