/** `parley runner`: run conversations for gateways. */
import { Command } from "effect/cli"
import { forPeople } from "../forPeople.ts"
import { runnerProgram } from "../runnerProgram.ts"
import { settingsHelp } from "../Settings.ts"

export const runner = Command.make("runner", {}, () => forPeople(runnerProgram)).pipe(
  Command.withDescription(
    `Run conversations for gateways: any number of runners share one Postgres (DATABASE_URL). Its port belongs on a private network.\n\nSettings are environment variables (and what stands without them):\n\n${settingsHelp()}`
  ),
  Command.withShortDescription("Run conversations for gateways")
)
