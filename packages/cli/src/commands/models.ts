/** `parley models show | allow`: which models a tenant may ask. */
import { ModelPattern } from "@parley/domain/ModelAccess"
import { TenantId } from "@parley/domain/Ids"
import { Console, Effect } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { ofTenant } from "../withModelAccess.ts"

const tenant = Flag.String("tenant").pipe(Flag.withDescription("The tenant's id (ten_…)"), Flag.withSchema(TenantId))

const told = (allowed: ReadonlyArray<string> | null): string =>
  allowed === null ? "All models." : allowed.length === 0 ? "No model." : allowed.join("\n")

const show = Command.make(
  "show",
  { tenant },
  Effect.fnUntraced(function* ({ tenant }) {
    const { allowedModels } = yield* ofTenant(tenant, (access) => access.allowedModels(tenant))
    yield* Console.log(told(allowedModels))
  })
).pipe(Command.withDescription("Show which models a tenant may ask"))

const allow = Command.make(
  "allow",
  {
    tenant,
    all: Flag.Boolean("all").pipe(Flag.withDescription("All models, those to come too"), Flag.withDefault(false)),
    patterns: Argument.String("pattern").pipe(
      Argument.withDescription("openai/*, groq/llama-*, or a model's name; none with neither a pattern nor --all"),
      Argument.withSchema(ModelPattern),
      Argument.variadic()
    )
  },
  Effect.fnUntraced(function* ({ all, patterns, tenant }) {
    const wanted = { allowedModels: all ? null : patterns }
    const { allowedModels } = yield* ofTenant(tenant, (access) => access.setAllowedModels(tenant, wanted))
    yield* Console.log(told(allowedModels))
  })
).pipe(Command.withDescription("Set which models a tenant may ask, in place of what it might before"))

export const models = Command.make("models").pipe(
  Command.withDescription("Which models a tenant may ask, from the command line"),
  Command.withSubcommands([show, allow])
)
