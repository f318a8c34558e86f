/** The operator's commands: the first as a program, the others in this process, which spares each its start. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { execFile } from "node:child_process"
import { assert, describe, it } from "@effect/vitest"
import { CloseCode } from "@parley/domain/SocketProtocol"
import { ConfigProvider, Console, Effect, Exit, Layer, Redacted, Stdio, Stream } from "effect"
import { Command } from "effect/cli"
import { freshDatabase } from "../../../../test/support/freshDatabase.ts"
import { parley as command } from "../../src/commands/parley.ts"
import { request } from "./support/api.ts"
import { connect } from "./support/ChatClient.ts"
import { programFromSources, startParley } from "./support/startParley.ts"

interface Answer {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

const program = (env: Readonly<Record<string, string>>, ...args: ReadonlyArray<string>): Effect.Effect<Answer> =>
  Effect.callback((resume) => {
    const environment = { PATH: process.env["PATH"] ?? "", ...env }
    execFile(process.execPath, [programFromSources, ...args], { env: environment }, (error, stdout, stderr) =>
      resume(Effect.succeed({ code: error === null ? 0 : Number(error.code), stdout, stderr }))
    )
  })

const parley = (env: Readonly<Record<string, string>>, ...args: ReadonlyArray<string>) => parleyTold("", env, ...args)

/** What `main.ts` runs, with that environment and that standard input. */
const parleyTold = (
  input: string,
  env: Readonly<Record<string, string>>,
  ...args: ReadonlyArray<string>
): Effect.Effect<Answer> =>
  Effect.gen(function* () {
    let [stdout, stderr] = ["", ""]
    const told: Console.Console = {
      ...globalThis.console,
      log: (...said) => void (stdout += `${said.join(" ")}\n`),
      error: (...said) => void (stderr += `${said.join(" ")}\n`)
    }
    const stdin = Stream.succeed(new TextEncoder().encode(input))
    const exit = yield* Command.runWith(command, { version: "0.0.0" })(args).pipe(
      Effect.provideService(Console.Console, told),
      Effect.provide(
        Layer.mergeAll(
          NodeServices.layer,
          Stdio.layerTest({ stdin }),
          ConfigProvider.layer(ConfigProvider.fromEnv({ env: { ...env } }))
        )
      ),
      Effect.exit
    )
    return { code: Exit.isSuccess(exit) ? 0 : 1, stdout, stderr: stderr + (Exit.isSuccess(exit) ? "" : String(exit.cause)) }
  })

const found = (pattern: RegExp, text: string): string => {
  const match = pattern.exec(text)?.[0]
  assert.ok(match !== undefined, `${pattern} is not in ${text}`)
  return match
}

describe("parley", () => {
  it.live("makes tenants and keys that the doors accept, lists them, and revokes them", () =>
    Effect.gen(function* () {
      const env = { DATABASE_URL: Redacted.value(yield* freshDatabase) }
      const server = yield* startParley(env)
      const administrator = { ...env, PARLEY_BOOTSTRAP_API_KEY: server.key }

      const made = yield* program(administrator, "tenant", "create", "Second")
      assert.strictEqual(made.code, 0, made.stderr)
      const tenant = found(/ten_[0-9a-z]{26}/, made.stdout)
      const ownerKey = found(/pk_\w+/, made.stdout)
      const me = yield* request({ url: server.url, key: ownerKey }, "GET", "/api/conversations")
      assert.strictEqual(me.status, 200)
      assert.include((yield* parley(administrator, "tenant", "list")).stdout, tenant)

      const key = yield* parley(administrator, "key", "create", "--tenant", tenant, "--role", "member", "A program")
      assert.strictEqual(key.code, 0, key.stderr)
      const id = found(/key_[0-9a-z]{26}/, key.stdout)
      const listed = yield* parley(administrator, "key", "list", "--tenant", tenant)
      assert.include(listed.stdout, "A program")
      assert.notInclude(listed.stdout, found(/pk_\w+/, key.stdout))
      const socket = yield* connect(server.socketUrl, found(/pk_\w+/, key.stdout))
      const revoked = yield* parley(administrator, "key", "revoke", "--tenant", tenant, id)
      assert.include(revoked.stdout, "revoked")
      assert.strictEqual((yield* Effect.promise(() => socket.closed)).code, CloseCode.unauthorized)
      assert.include((yield* parley(administrator, "key", "list", "--tenant", tenant)).stdout, "revoked")
    })
  )

  it.live("says which models a tenant may ask, takes its own keys, and seals them again under a new master key", () =>
    Effect.gen(function* () {
      const env = { DATABASE_URL: Redacted.value(yield* freshDatabase), PARLEY_MASTER_KEY: "a".repeat(32) }
      const made = yield* parley(env, "tenant", "create", "Second")
      const tenant = found(/ten_[0-9a-z]{26}/, made.stdout)
      const of = ["--tenant", tenant]

      assert.include((yield* parley(env, "models", "show", ...of)).stdout, "All models")
      const allowed = yield* parley(env, "models", "allow", ...of, "openai/*", "fast")
      assert.strictEqual(allowed.code, 0, allowed.stderr)
      assert.include((yield* parley(env, "models", "show", ...of)).stdout, "openai/*\nfast")
      assert.include((yield* parley(env, "models", "allow", ...of, "--all")).stdout, "All models")

      const set = yield* parleyTold("sk-tenants-own-1234\n", env, "provider-key", "set", ...of, "openai")
      assert.strictEqual(set.code, 0, set.stderr)
      assert.include(set.stdout, "…1234")
      assert.notStrictEqual((yield* parley(env, "provider-key", "set", ...of, "openai")).code, 0, "without a key")
      const both = { ...env, PARLEY_MASTER_KEY: `${"b".repeat(32)},${"a".repeat(32)}` }
      const fresh = { ...env, PARLEY_MASTER_KEY: "b".repeat(32) }
      const stored = (master: typeof env) => Effect.map(parley(master, "provider-key", "list", ...of), ({ stdout }) => stdout)
      assert.include(yield* stored(fresh), "not here")
      const resealed = yield* parley(both, "provider-key", "reseal")
      assert.include(resealed.stdout, "1 keys were sealed again", resealed.stderr)
      assert.notInclude(yield* stored(fresh), "not here")
      assert.include(yield* stored(fresh), "…1234")
      assert.include((yield* parley(fresh, "provider-key", "remove", ...of, "openai")).stdout, "operator's key")
      assert.strictEqual(yield* stored(fresh), "")
    })
  )

  it.live("brings an empty database's schema up to date, twice", () =>
    Effect.gen(function* () {
      const env = { DATABASE_URL: Redacted.value(yield* freshDatabase) }
      for (const _ of [1, 2]) {
        const answer = yield* parley(env, "migrate")
        assert.strictEqual(answer.code, 0, answer.stderr)
        assert.include(answer.stdout, "up to date")
      }
    })
  )

  it.live("lists every setting, and refuses a wrong one by its name, without a stack", () =>
    Effect.gen(function* () {
      const help = yield* program({}, "serve", "--help")
      assert.strictEqual(help.code, 0)
      for (const name of ["PARLEY_PORT", "DATABASE_URL", "OTEL_EXPORTER_OTLP_ENDPOINT"]) assert.include(help.stdout, name)
      const wrong = yield* program({ PARLEY_PORT: "eighty" }, "serve")
      assert.notStrictEqual(wrong.code, 0)
      assert.include(wrong.stdout + wrong.stderr, "PARLEY_PORT")
      assert.notInclude(wrong.stdout + wrong.stderr, "    at ")
      const away = yield* program({ DATABASE_URL: "postgres://nobody:secret@127.0.0.1:1/none" }, "migrate")
      assert.notStrictEqual(away.code, 0)
      assert.notInclude(away.stdout + away.stderr, "secret")
    })
  )
})
