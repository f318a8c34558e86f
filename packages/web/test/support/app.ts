/** Global set-up: the app, built from the present sources unless it is already. */
import { fileURLToPath } from "node:url"
import { buildApp } from "../../../../infra/buildApp.mjs"
import { oncePerRun } from "../../../../test/support/oncePerRun.ts"

const root = fileURLToPath(new URL("../../../..", import.meta.url)).replace(/\/$/, "")

export default async function setup() {
  const built = await oncePerRun("app", async () => {
    await buildApp({ root, node: process.execPath, env: process.env })
    return { value: undefined, end: async () => {} }
  })
  return built.end
}
