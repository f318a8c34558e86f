/** Global set-up: finds a Chromium for the browser tests. */
import type { TestProject } from "vitest/node"
import { findChromium, findHeadless } from "./findChromium.ts"
import { oncePerRun } from "./oncePerRun.ts"

export default async function setup(project: TestProject) {
  const chromium = await oncePerRun("chromium", async () => {
    const path = await findChromium()
    return { value: { path, headless: await findHeadless(path) }, end: async () => {} }
  })
  project.provide("chromiumPath", chromium.value.path)
  project.provide("headlessPath", chromium.value.headless)
  return chromium.end
}
