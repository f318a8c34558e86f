/** `parley gateway`: serve the doors over conversations that live in runners. */
import { Command } from "effect/cli"
import { forPeople } from "../forPeople.ts"
import { gatewayProgram } from "../serveProgram.ts"
import { settingsHelp } from "../Settings.ts"

export const gateway = Command.make("gateway", {}, () => forPeople(gatewayProgram)).pipe(
  Command.withDescription(
    `Serve chat, the HTTP APIs, RPC and the page; conversations live in runners. Any number of gateways share one Postgres (DATABASE_URL).\n\nSettings are environment variables (and what stands without them):\n\n${settingsHelp()}`
  ),
  Command.withShortDescription("Serve the doors over conversations that live in runners")
)
