/** Global set-up: finds a Chromium for the browser tests. */
import type { TestProject } from "vitest/node"
import { findChromium } from "./findChromium.ts"
import { oncePerRun } from "./oncePerRun.ts"

export default async function setup(project: TestProject) {
  const chromium = await oncePerRun("chromium", async () => ({ value: await findChromium(), end: async () => {} }))
  project.provide("chromiumPath", chromium.value)
  return chromium.end
}
