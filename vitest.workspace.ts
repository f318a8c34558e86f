/** The whole test configuration. Vitest 5 no longer reads this name by itself, so `vitest.config.ts` re-exports it. */
import { availableParallelism } from "node:os"
import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"
import { BrowsersFirst } from "./test/support/BrowsersFirst.ts"
import { waitTimeoutMs } from "./test/support/waitTimeoutMs.ts"

const fromRoot = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** Starts Postgres and Redis once for all the projects that name it, and only if one of them runs. */
const servers = fromRoot("test/support/servers.ts")
/** Finds a Chromium, likewise. */
const chromium = fromRoot("test/support/chromium.ts")

/** Puts the program into one file, likewise. */
const program = fromRoot("test/support/program.ts")

/** Builds the browser app, unless it is built. */
const app = fromRoot("packages/web/test/support/app.ts")

/**
 * Files that run at the same time. Vitest would leave a core to itself, which on two cores is half of them; past this many the
 * programs and browsers that tests start would wait for one another.
 */
const maxWorkers = Math.min(availableParallelism(), 4)

/** Schemas run as compiled functions, as in the programs; not in what browsers run. */
const compiledSchemas = fromRoot("test/support/compiledSchemas.ts")

/** Longest that one test or hook may take: a bound on a hang, not a measure of speed. */
const testTimeoutMs = 240_000

const project = (name: string, globalSetup: ReadonlyArray<string> = [], setupFiles: ReadonlyArray<string> = []) => ({
  test: {
    name,
    root: fromRoot(`packages/${name}`),
    include: ["test/**/*.test.ts"],
    globalSetup: [...globalSetup],
    setupFiles: [...setupFiles],
    testTimeout: testTimeoutMs,
    hookTimeout: testTimeoutMs,
    // Vitest's own second is over on a busy machine.
    expect: { poll: { timeout: waitTimeoutMs } },
    // Modules hold no state of a test, so a worker loads them once and not once a file: half the time of the whole.
    isolate: false
  }
})

export default defineConfig({
  test: {
    maxWorkers,
    sequence: { sequencer: BrowsersFirst },
    projects: [
      project("domain", [], [compiledSchemas]),
      project("providers", [], [compiledSchemas]),
      project("runtime", [servers], [compiledSchemas]),
      project("gateway", [servers, chromium], [compiledSchemas]),
      project("cli", [servers, chromium, program], [compiledSchemas]),
      project("web", [servers, chromium, program, app]),
      project("sdk", [servers, program]),
      {
        test: {
          name: "house",
          root: fromRoot("."),
          include: ["test/*.test.ts"],
          globalSetup: [servers],
          testTimeout: testTimeoutMs
        }
      }
    ],
    // The file is for `.ci/run`, which ends with the sum of it.
    reporters: process.env.CI === "true" ? ["default", ["json", { outputFile: fromRoot("artifacts/tests.json") }]] : ["default"],
    coverage: {
      provider: "v8",
      // Not what runs in browsers (web's `.tsx`, the page's `.js`): V8 counts it in the browser's process. docs/ARCHITECTURE.md says what shows it.
      // With `--project` the paths begin in the project's folder, and only its own src counts.
      include: ["packages/*/src/**/*.ts", "src/**/*.ts"],
      // The program's first lines are run by tests as a process of their own, where V8 does not count them.
      exclude: ["packages/cli/src/main.ts", "src/main.ts", "**/*.d.ts"],
      reportOnFailure: true,
      reporter: ["text-summary", "json-summary", "html"],
      reportsDirectory: "coverage",
      thresholds: { lines: 80, branches: 80 }
    }
  }
})
