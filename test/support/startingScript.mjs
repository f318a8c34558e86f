/** Stands in for `infra/run.mjs start`. */
import { fileURLToPath } from "node:url"
import { runDetached } from "../../infra/process.mjs"

const server = fileURLToPath(new URL("startedServer.mjs", import.meta.url))
process.exitCode = await runDetached(process.execPath, [server], { env: process.env })
