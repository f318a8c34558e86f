/** What a person does wrong at the start is told in a sentence, and costs no answer. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs"
import * as PgClient from "@effect/sql-pg/PgClient"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Result } from "effect"
import { freshDatabase } from "../../../../test/support/freshDatabase.ts"
import { startOpenaiWire } from "../../../providers/test/wire/openaiWire.ts"
import { answer } from "../../../providers/test/wire/WireServer.ts"
import { createConversation } from "./support/api.ts"
import { connect, runView, viewText } from "./support/ChatClient.ts"
import { startParley } from "./support/startParley.ts"

const send = (conversationId: string, clientMessageId: string) => ({
  type: "send",
  conversationId,
  clientMessageId,
  content: [{ type: "text", text: "Hello" }]
})

/** Ports on which the process listens. */
const listeningPorts = (pid: number): ReadonlyArray<number> => {
  const own = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((file) => {
      // One may be closed meanwhile.
      const target = Result.getOrUndefined(Result.try(() => readlinkSync(`/proc/${pid}/fd/${file}`)))
      return /^socket:\[(\d+)\]$/.exec(target ?? "")?.[1] ?? []
    })
  )
  const isListening = "0A"
  return ["tcp", "tcp6"].flatMap((table) =>
    readFileSync(`/proc/${pid}/net/${table}`, "utf8")
      .split("\n")
      .map((line) => line.trim().split(/\s+/))
      .filter((columns) => columns[3] === isListening && own.has(columns[9] ?? ""))
      .map((columns) => parseInt(columns[1]?.split(":")[1] ?? "", 16))
  )
}

describe("parley serve", () => {
  it.live.runIf(process.platform === "linux")("has no cluster tables and listens on one port, with an answer under way", () =>
    Effect.gen(function* () {
      const wire = yield* startOpenaiWire
      const url = yield* freshDatabase
      const env = { DATABASE_URL: Redacted.value(url), OPENAI_API_KEY: "sk-wire", OPENAI_BASE_URL: wire.baseUrl }
      const parley = yield* startParley(env)
      const conversation = yield* createConversation(parley, { model: "openai/gpt-5" })
      wire.enqueue(answer(["Alone, ", "and well."], { holdAfter: 1 }))
      const client = yield* connect(parley.socketUrl, parley.key)
      const accepted = yield* Effect.promise(() => client.command(send(conversation.id, "one")))
      assert.ok(accepted.type === "accepted" && accepted.run !== null)
      const held = yield* wire.received(0)
      assert.deepStrictEqual(listeningPorts(parley.pid), [Number(new URL(parley.url).port)])
      const [row] = yield* Effect.provide(
        Effect.flatMap(PgClient.PgClient, (sql) => sql`select to_regclass('parley_cluster_runners')::text as name`),
        PgClient.layer({ url, maxConnections: 1 })
      )
      assert.deepStrictEqual(row, { name: null })
      held.release()
    })
  )

  it.live("is refused on a database that another one serves, whose running answer goes on", () =>
    Effect.gen(function* () {
      const wire = yield* startOpenaiWire
      const env = {
        DATABASE_URL: Redacted.value(yield* freshDatabase),
        OPENAI_API_KEY: "sk-wire",
        OPENAI_BASE_URL: wire.baseUrl
      }
      const first = yield* startParley(env)
      const conversation = yield* createConversation(first, { model: "openai/gpt-5" })
      wire.enqueue(answer(["Not ", "disturbed."], { holdAfter: 1 }))
      const client = yield* connect(first.socketUrl, first.key)
      const accepted = yield* Effect.promise(() => client.command(send(conversation.id, "one")))
      assert.ok(accepted.type === "accepted" && accepted.run !== null)
      const view = runView(conversation.id, accepted.run.runId)
      yield* Effect.promise(() => client.follow(view))
      const refused = yield* Effect.flip(startParley({ ...env, PARLEY_CLAIM_WAIT_MS: "500" }))
      assert.include(refused.message, "Another Parley runs on this database")
      const held = yield* wire.received(0)
      held.release()
      yield* Effect.promise(() => client.until(() => view.terminals[0]))
      assert.strictEqual(viewText(view), "Not disturbed.")
      assert.strictEqual(wire.requests.length, 1)
    })
  )

  it.live("names the setting when its port is taken or its database is no database", () =>
    Effect.gen(function* () {
      const env = { DATABASE_URL: Redacted.value(yield* freshDatabase) }
      const first = yield* startParley(env)
      const other = { DATABASE_URL: Redacted.value(yield* freshDatabase) }
      const taken = yield* Effect.flip(startParley({ ...other, PARLEY_PORT: new URL(first.url).port }))
      assert.include(taken.message, "PARLEY_PORT")
      const wrong = yield* Effect.flip(startParley({ DATABASE_URL: "not-a-url" }))
      assert.include(wrong.message, "DATABASE_URL is not an address of a Postgres")
    })
  )

  it.live("that is stopping starts no new answers, and says when to come again", () =>
    Effect.gen(function* () {
      const wire = yield* startOpenaiWire
      const parley = yield* startParley({
        DATABASE_URL: Redacted.value(yield* freshDatabase),
        OPENAI_API_KEY: "sk-wire",
        OPENAI_BASE_URL: wire.baseUrl,
        PARLEY_DRAIN_TIMEOUT_MS: "60000"
      })
      const conversation = yield* createConversation(parley, { model: "openai/gpt-5" })
      const other = yield* createConversation(parley, { model: "openai/gpt-5" })
      wire.enqueue(answer(["Begun, ", "and done."], { holdAfter: 1 }))
      const client = yield* connect(parley.socketUrl, parley.key)
      const accepted = yield* Effect.promise(() => client.command(send(conversation.id, "one")))
      assert.strictEqual(accepted.type, "accepted")
      yield* Effect.forkChild(parley.stop("SIGTERM"), { startImmediately: true })
      yield* parley.logged("Stopping")
      const refused = yield* Effect.promise(() => client.command(send(other.id, "two")))
      assert.ok(refused.type === "error" && refused.code === "unavailable")
      assert.isAbove(refused.retryAfterMs ?? 0, 0)
      const held = yield* wire.received(0)
      held.release()
      yield* Effect.promise(() => client.closed)
    })
  )
})
