import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Redacted } from "effect"
import { freshDatabase } from "../../../../test/support/freshDatabase.ts"
import { temporaryFolder } from "../../../../test/support/temporaryFolder.ts"
import { startOpenaiWire } from "../../../providers/test/wire/openaiWire.ts"
import { answer } from "../../../providers/test/wire/WireServer.ts"
import { createConversation, listMessages, request } from "./support/api.ts"
import { connect, runView, viewText } from "./support/ChatClient.ts"
import { programFromSources, startParley } from "./support/startParley.ts"

const hello = (conversationId: string) => ({
  type: "send",
  conversationId,
  clientMessageId: "one",
  content: [{ type: "text", text: "Hello" }]
})

describe("asked to stop", () => {
  it.live("the program lets a running answer finish, tells clients to reconnect, and ends with 0", () =>
    Effect.gen(function* () {
      const wire = yield* startOpenaiWire
      const database = yield* freshDatabase
      const parley = yield* startParley({
        DATABASE_URL: Redacted.value(database),
        OPENAI_API_KEY: "sk-wire",
        OPENAI_BASE_URL: wire.baseUrl,
        PARLEY_DRAIN_TIMEOUT_MS: "60000"
      })
      const conversation = yield* createConversation(parley, { model: "openai/gpt-5" })
      wire.enqueue(answer(["Begun, ", "and done."], { holdAfter: 1 }))
      const client = yield* connect(parley.socketUrl, parley.key)
      const accepted = yield* Effect.promise(() => client.command(hello(conversation.id)))
      assert.ok(accepted.type === "accepted" && accepted.run !== null)
      const view = runView(conversation.id, accepted.run.runId)
      yield* Effect.promise(() => client.follow(view))
      yield* Effect.promise(() => client.until(() => (viewText(view) === "Begun, " ? true : undefined)))

      const exit = yield* Effect.forkChild(parley.stop("SIGTERM"), { startImmediately: true })
      yield* parley.logged("Stopping")
      const first = yield* wire.received(0)
      first.release()
      yield* Effect.promise(() => client.until(() => view.terminals[0]))
      assert.strictEqual(viewText(view), "Begun, and done.")
      const { code } = yield* Effect.promise(() => client.closed)
      assert.strictEqual(code, 4000)
      assert.ok(client.frames.some((frame) => frame.type === "go-away"))
      assert.strictEqual(yield* Fiber.join(exit), 0)
    })
  )

  it.live("a runner is not ready before its answers are over, and says so where operators ask", () =>
    Effect.gen(function* () {
      const wire = yield* startOpenaiWire
      const env = {
        DATABASE_URL: Redacted.value(yield* freshDatabase),
        OPENAI_API_KEY: "sk-wire",
        OPENAI_BASE_URL: wire.baseUrl,
        PARLEY_RUNNER_PORT: "0",
        PARLEY_CLUSTER_JOIN_MS: "1",
        PARLEY_DRAIN_TIMEOUT_MS: "60000"
      }
      const [runner, gateway] = yield* Effect.all(
        [startParley({ ...env, PARLEY_OPERATIONS_PORT: "0" }, "runner"), startParley(env, "gateway")],
        { concurrency: "unbounded" }
      )
      const operations = String(runner.log.find((line) => line["message"] === "Operations are served")?.["address"])
      const ready = request({ url: operations, key: runner.key }, "GET", "/health/ready")
      const conversation = yield* createConversation(gateway, { model: "openai/gpt-5" })
      wire.enqueue(answer(["Begun, ", "and done."], { holdAfter: 1 }))
      const client = yield* connect(gateway.socketUrl, gateway.key)
      const accepted = yield* Effect.promise(() => client.command(hello(conversation.id)))
      assert.ok(accepted.type === "accepted" && accepted.run !== null)
      const view = runView(conversation.id, accepted.run.runId)
      yield* Effect.promise(() => client.follow(view))
      yield* Effect.promise(() => client.until(() => (viewText(view) === "Begun, " ? true : undefined)))
      assert.strictEqual((yield* ready).status, 200)

      const exit = yield* Effect.forkChild(runner.stop("SIGTERM"), { startImmediately: true })
      yield* runner.logged("Stopping")
      const draining = yield* ready
      assert.strictEqual(draining.status, 503)
      assert.include(JSON.stringify(draining.body), '"process":"draining"')
      assert.lengthOf(view.terminals, 0)
      ;(yield* wire.received(0)).release()
      yield* Effect.promise(() => client.until(() => view.terminals[0]))
      assert.strictEqual(viewText(view), "Begun, and done.")
      assert.strictEqual(yield* Fiber.join(exit), 0)
    })
  )

  it.live("it stops its own Postgres cleanly, and a second start has the data and the key", () =>
    Effect.gen(function* () {
      const { path: dataDir } = yield* Effect.acquireRelease(
        Effect.promise(() => temporaryFolder("drain")),
        (folder) => Effect.promise(folder.remove)
      )
      const settings = { PARLEY_DATA_DIR: dataDir, PARLEY_BOOTSTRAP_API_KEY: "" }
      const first = yield* startParley(settings, "serve", programFromSources)
      const key = /pk_[A-Za-z0-9_-]{20,}/.exec(first.text())?.[0] ?? ""
      assert.notStrictEqual(key, "", "the administrator's key is printed")
      assert.match(first.text(), /^ {2}Address +http:\/\/\S+$/m)
      assert.match(first.text(), /^ {2}Providers +demo\b/m)
      assert.include(/^ {2}Data +(.+)$/m.exec(first.text())?.[1] ?? "", dataDir)
      const conversation = yield* createConversation({ url: first.url, key })
      const client = yield* connect(first.socketUrl, key)
      const accepted = yield* Effect.promise(() => client.command(hello(conversation.id)))
      assert.ok(accepted.type === "accepted" && accepted.run !== null)
      const view = runView(conversation.id, accepted.run.runId)
      yield* Effect.promise(() => client.follow(view))
      yield* Effect.promise(() => client.until(() => view.terminals[0]))
      assert.strictEqual(yield* first.stop("SIGINT"), 0)
      const postgresLog = yield* Effect.promise(() => readFile(join(dataDir, "postgres.log"), "utf8"))
      assert.match(postgresLog, /database system is shut down\s*$/)
      assert.notInclude(first.log.map((line) => JSON.stringify(line)).join("\n"), key, "the key is never in the log")

      const second = yield* startParley(settings)
      assert.notInclude(second.text(), "pk_", "the key is printed once")
      const messages = yield* listMessages({ url: second.url, key }, conversation.id)
      assert.strictEqual(messages.length, 2)
      const ready = yield* request({ url: second.url, key }, "GET", "/health/ready")
      assert.strictEqual(ready.status, 200)
      assert.strictEqual(yield* second.stop("SIGTERM"), 0)
    })
  )
})
