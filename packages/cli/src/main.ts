#!/usr/bin/env node
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Cause, ConfigProvider, Effect, Exit, Layer, Runtime } from "effect"
import { Command } from "effect/cli"
import { config } from "./commands/config.ts"
import { gateway } from "./commands/gateway.ts"
import { key } from "./commands/key.ts"
import { link } from "./commands/link.ts"
import { migrate } from "./commands/migrate.ts"
import { models } from "./commands/models.ts"
import { providerKey } from "./commands/providerKey.ts"
import { runner } from "./commands/runner.ts"
import { serve } from "./commands/serve.ts"
import { tenant } from "./commands/tenant.ts"
import { version } from "./version.ts"

const parley = Command.make("parley").pipe(
  Command.withDescription("Multi-tenant AI chat platform and model gateway"),
  Command.withSubcommands([serve, gateway, runner, migrate, tenant, key, models, providerKey, link, config])
)

/** A variable that is set to nothing is as good as not set: compose files and shells pass such ones on. */
const environment: Record<string, string> = {}
for (const [name, value] of Object.entries(process.env)) if (value !== undefined && value !== "") environment[name] = value

Command.run(parley, { version }).pipe(
  Effect.provide(Layer.mergeAll(NodeServices.layer, ConfigProvider.layer(ConfigProvider.fromEnv({ env: environment })))),
  // A program that was asked to stop, and did, has not failed.
  NodeRuntime.runMain({
    teardown: (exit, onExit) =>
      Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause) ? onExit(0) : Runtime.defaultTeardown(exit, onExit)
  })
)
