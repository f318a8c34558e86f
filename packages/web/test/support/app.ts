/** Global set-up: the app, built from the present sources unless it is already. */
import { fileURLToPath } from "node:url"
import { buildApp } from "../../../../infra/buildApp.mjs"
import { oncePerRun } from "../../../../test/support/oncePerRun.ts"

const root = fileURLToPath(new URL("../../../..", import.meta.url)).replace(/\/$/, "")

export default async function setup() {
  const built = await oncePerRun("app", async () => {
    const isBuilt = await buildApp({ root, node: process.execPath, env: process.env })
    // Else the tests would pass against the app of before.
    if (!isBuilt) throw new Error("The browser app could not be built: see the build's output above.")
    return { value: undefined, end: async () => {} }
  })
  return built.end
}
