/** Every engine that can run here. One that cannot is named once, with its reason. */
import { Result } from "effect"
import { loadUwsBuild, uwsBuilds } from "../../../src/server/loadUws.ts"
import type { UwsBuild } from "../../../src/server/loadUws.ts"

export type Engine = UwsBuild | "node"

const loads = (build: UwsBuild): boolean => {
  const loaded = loadUwsBuild(build)
  if (Result.isSuccess(loaded)) return true
  process.stderr.write(`Skipped on ${build}, which does not load here: ${loaded.failure.reason}\n`)
  return false
}

export const engines: ReadonlyArray<Engine> = [...uwsBuilds.filter(loads), "node"]
