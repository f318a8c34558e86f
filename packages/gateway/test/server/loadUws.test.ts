/** Which server answers on a machine where a build of uWebSockets.js does not load, and what its operator is told. */
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Logger, Result } from "effect"
import { GatewayServer } from "../../src/server/GatewayServer.ts"
import { loadUwsBuild, uwsBuilds } from "../../src/server/loadUws.ts"
import type { LoadBuild } from "../../src/server/loadUws.ts"

const reasons = {
  "uws-current": "/lib/libc.so.6: version `GLIBC_2.38' not found",
  "uws-compat": "this version of Node.js is not supported"
} as const

const missing: LoadBuild = (build) => Result.fail({ build, reason: reasons[build] })

/** What this machine loads, under whichever name it is asked for. */
const loadable = uwsBuilds.map((build) => loadUwsBuild(build)).find(Result.isSuccess)

/** The engine of a server that may choose, and what it logged. */
const started = (loadBuild: LoadBuild) => {
  const lines: Array<string> = []
  const logger = Logger.make(({ logLevel, message }) => void lines.push(`${logLevel} ${String(message)}`))
  return Effect.map(
    Layer.build(GatewayServer.layer({ host: "127.0.0.1", port: 0, loadBuild })).pipe(Effect.provide(Logger.layer([logger]))),
    (context) => ({ engine: Context.get(context, GatewayServer).engine, lines })
  )
}

describe("the gateway's server", () => {
  it.live.skipIf(loadable === undefined)("is the second build where the first does not load, and nothing is said of it", () =>
    Effect.gen(function* () {
      const asked: Array<string> = []
      const { engine, lines } = yield* started((build, maxHeaderBytes) => {
        asked.push(build)
        return build === uwsBuilds[0] || loadable === undefined ? missing(build, maxHeaderBytes) : loadable
      })
      assert.deepStrictEqual(asked, [...uwsBuilds])
      assert.match(engine, /^uWebSockets\.js 20\.\d+\.\d+$/)
      assert.deepStrictEqual(lines, [])
    })
  )

  it.live("is Node's where none loads, with one warning that names each reason", () =>
    Effect.gen(function* () {
      const { engine, lines } = yield* started(missing)
      assert.match(engine, /^node /)
      assert.strictEqual(lines.length, 1)
      assert.match(lines[0] ?? "", /^Warn No build of uWebSockets\.js loads here/)
      for (const build of uwsBuilds) assert.include(lines[0], `${build}: ${reasons[build]}`)
    })
  )
})

describe("a build", () => {
  it("is either a module with its version, or a reason", () => {
    for (const build of uwsBuilds) {
      const loaded = loadUwsBuild(build)
      if (Result.isSuccess(loaded)) assert.match(loaded.success.name, /^uWebSockets\.js 20\.\d+\.\d+$/)
      else assert.isAbove(loaded.failure.reason.length, 0)
    }
  })
})
