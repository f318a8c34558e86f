/** `parley` with all its commands; `main.ts` runs it. */
import { Command } from "effect/cli"
import { config } from "./config.ts"
import { gateway } from "./gateway.ts"
import { key } from "./key.ts"
import { link } from "./link.ts"
import { migrate } from "./migrate.ts"
import { models } from "./models.ts"
import { providerKey } from "./providerKey.ts"
import { runner } from "./runner.ts"
import { serve } from "./serve.ts"
import { tenant } from "./tenant.ts"

export const parley = Command.make("parley").pipe(
  Command.withDescription("Multi-tenant AI chat platform and model gateway"),
  Command.withSubcommands([serve, gateway, runner, migrate, tenant, key, models, providerKey, link, config])
)
