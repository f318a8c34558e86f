#!/usr/bin/env node
// The first of all: what is read or written by a schema runs as compiled functions (ADR 0025).
import "effect/schema/SchemaJITCompiler/enable"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Cause, ConfigProvider, Effect, Exit, Layer, Runtime } from "effect"
import { Command } from "effect/cli"
import { parley } from "./commands/parley.ts"
import { version } from "./version.ts"

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
