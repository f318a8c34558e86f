/** The drills themselves (`npm run drill`): one that is short, so that what they stand on cannot rot unseen. */
import { assert, describe, it } from "@effect/vitest"
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { Effect, Schema } from "effect"
import { inject } from "vitest"

const program = fileURLToPath(new URL("../../../../drills/run.ts", import.meta.url))

const Reports = Schema.fromJsonString(
  Schema.Array(
    Schema.Struct({
      drill: Schema.String,
      runs: Schema.Int,
      views: Schema.Int,
      lost: Schema.Int,
      doubled: Schema.Int,
      wrongBytes: Schema.Int,
      fencingViolations: Schema.Int,
      isGood: Schema.Boolean,
      claims: Schema.Array(Schema.Struct({ claim: Schema.String, holds: Schema.Boolean }))
    })
  )
)

const drill = (...args: ReadonlyArray<string>) =>
  Effect.callback<{ readonly code: number; readonly stdout: string; readonly stderr: string }>((resume) => {
    const env = { ...process.env, PARLEY_DRILL_PROGRAM: inject("program") }
    const child = execFile(process.execPath, [program, ...args], { env }, (_, stdout, stderr) =>
      resume(Effect.succeed({ code: child.exitCode ?? -1, stdout, stderr }))
    )
    return Effect.sync(() => child.kill("SIGTERM"))
  })

describe.runIf(process.platform === "linux")("a drill", () => {
  it.live("runs several processes, kills one of them, and finds every promise kept", () =>
    Effect.gen(function* () {
      const { code, stderr, stdout } = yield* drill("any-gateway", "--runs", "4", "--clients", "2", "--json")
      const [report] = yield* Schema.decodeUnknownEffect(Reports)(stdout).pipe(Effect.orElseSucceed(() => []))
      if (report === undefined) return assert.fail(stderr)
      assert.deepStrictEqual(
        report.claims.filter(({ holds }) => !holds),
        [],
        stdout
      )
      // The rooms that go on asking meanwhile add theirs.
      assert.isAtLeast(report.runs, 4)
      assert.deepInclude(report, { lost: 0, doubled: 0, wrongBytes: 0, fencingViolations: 0, isGood: true })
      assert.strictEqual(code, 0)
    })
  )

  it.live("that nobody knows is refused with the names of all", () =>
    Effect.gen(function* () {
      const { code, stderr } = yield* drill("no-such-drill")
      assert.strictEqual(code, 2)
      assert.include(stderr, "any-gateway")
    })
  )
})
