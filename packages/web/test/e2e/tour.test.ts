/** The tour, as fast as it goes and without a window. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { fileURLToPath } from "node:url"
import { freshDatabase } from "../../../../test/support/freshDatabase.ts"
import { temporaryFolder } from "../../../../test/support/temporaryFolder.ts"
import { startParley } from "../../../cli/test/e2e/support/startParley.ts"
import { startProvider } from "../../demo/provider.ts"
import { scenes } from "../../demo/scenes.ts"
import { configOver } from "../../demo/server.ts"
import { chromiumPath } from "../support/openApp.ts"

const tour = fileURLToPath(new URL("../../demo/tour.ts", import.meta.url))

/** Over the tour's own providers. */
const startFailing = Effect.gen(function* () {
  const provider = yield* Effect.acquireRelease(
    Effect.promise(() => startProvider()),
    ({ stop }) => Effect.sync(stop)
  )
  const folder = yield* Effect.acquireRelease(
    Effect.promise(() => temporaryFolder("tour")),
    ({ remove }) => Effect.promise(remove)
  )
  const file = join(folder.path, "parley.config.json")
  writeFileSync(file, JSON.stringify(configOver(provider)))
  return yield* startParley({ DATABASE_URL: Redacted.value(yield* freshDatabase), PARLEY_CONFIG_FILE: file })
})

describe.skipIf(chromiumPath === "")("the tour", () => {
  it.live("plays every scene to its end against the Demo provider, and where a provider breaks off", () =>
    Effect.gen(function* () {
      const demo = yield* startParley({ DATABASE_URL: Redacted.value(yield* freshDatabase), PARLEY_DEMO_WORD_MS: "5" })
      const failing = yield* startFailing
      const child = yield* Effect.acquireRelease(
        Effect.sync(() =>
          spawn(process.execPath, [tour, demo.url, demo.key, failing.url, failing.key], {
            env: { ...process.env, PARLEY_TEST_CHROMIUM: chromiumPath, PARLEY_TOUR_PACE: "0" },
            stdio: ["ignore", "pipe", "pipe"]
          })
        ),
        (started) => Effect.sync(() => started.kill())
      )
      const [told, complained, [code]] = yield* Effect.promise(() =>
        Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")])
      )
      assert.strictEqual(complained, "")
      assert.deepStrictEqual(
        told.trim().split("\n"),
        scenes.map(({ title }) => title)
      )
      assert.strictEqual(code, 0)
    })
  )
})
