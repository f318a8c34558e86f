/**
 * Global set-up: the program in one file. Started from its thousand modules it takes three times the CPU until it is ready, mostly to find,
 * strip and link them, and the tests start it some eighty times. Beside it lies what V8 made of it, which saves another third.
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { build } from "vite"
import type { TestProject } from "vitest/node"
import { compiledBeside } from "./compiledBeside.ts"
import { cacheDir, rootDir, run } from "./machine.ts"
import { oncePerRun, type Held } from "./oncePerRun.ts"

export default async function setup(project: TestProject) {
  const program = await oncePerRun("program", bundle)
  project.provide("program", program.value)
  return program.end
}

const fileName = "parley.mjs"
/** Bound on a hang. */
const versionTimeoutMs = 60_000

/** Below the root, so that what is not bundled is found. */
const bundle = async (): Promise<Held<string>> => {
  await mkdir(cacheDir, { recursive: true })
  const folder = await mkdtemp(join(cacheDir, "program-"))
  const end = () => rm(folder, { recursive: true, force: true })
  try {
    await build({
      configFile: false,
      root: rootDir,
      logLevel: "error",
      plugins: [whereItWas],
      ssr: { noExternal: true },
      build: {
        ssr: join(rootDir, "packages/cli/src/main.ts"),
        outDir: folder,
        target: "node22",
        minify: false,
        reportCompressedSize: false,
        // As from the sources: a module runs whether or not something of it is used.
        rolldownOptions: { treeshake: false, output: { entryFileNames: fileName, codeSplitting: false } }
      }
    })
  } catch (error) {
    await end()
    throw error
  }
  const value = join(folder, fileName)
  // It writes down what was compiled as it ends by itself, which those that tests start seldom do.
  await run(process.execPath, [value, "--version"], { timeoutMs: versionTimeoutMs, env: compiledBeside(value) })
  return { value, end }
}

/** A module finds what lies beside it: the folder of the app, the script of a worker, a native addon. */
const whereItWas = {
  name: "where-it-was",
  enforce: "pre" as const,
  transform: {
    filter: { code: /import\.meta\.url/ },
    handler: (code: string, id: string) => ({
      code: code.replaceAll("import.meta.url", JSON.stringify(pathToFileURL(id.split("?")[0] ?? id).href)),
      map: null
    })
  }
}
