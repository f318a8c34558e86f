/** `parley serve`: everything in one process. */
import { Command } from "effect/cli"
import { forPeople } from "../forPeople.ts"
import { serveProgram } from "../serveProgram.ts"
import { settingsHelp } from "../Settings.ts"

export const serve = Command.make("serve", {}, () => forPeople(serveProgram)).pipe(
  Command.withDescription(
    `Serve chat, the HTTP APIs, RPC and the page from this process.\n\nSettings are environment variables (and what stands without them):\n\n${settingsHelp()}`
  ),
  Command.withShortDescription("Serve chat, the HTTP APIs, RPC and the page")
)
