/** Several processes are one Parley: any gateway serves any client, and a lost or leaving runner costs nobody an answer. */
import { textOf } from "@parley/domain/Content"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, type Scope } from "effect"
import { inject } from "vitest"
import { freshDatabase } from "../../../../test/support/freshDatabase.ts"
import { startOpenaiWire } from "../../../providers/test/wire/openaiWire.ts"
import { answer } from "../../../providers/test/wire/WireServer.ts"
import { createConversation, listMessages } from "./support/api.ts"
import { connect, runView, viewText } from "./support/ChatClient.ts"
import { journalHolds } from "./support/journal.ts"
import { startParley, type Parley } from "./support/startParley.ts"

const message = (conversationId: string, clientMessageId: string, text: string, reply = true) => ({
  type: "send",
  conversationId,
  clientMessageId,
  content: [{ type: "text", text }],
  reply
})

interface Cluster {
  readonly gateways: readonly [Parley, Parley]
  readonly runners: readonly [Parley, Parley]
  readonly startRunner: Effect.Effect<Parley, Error, Scope.Scope>
}

/** Two gateways and two runners over one Postgres and one Redis, with leases that end soon. */
const startCluster = (database: string, wireUrl: string, more: Readonly<Record<string, string>> = {}) =>
  Effect.gen(function* () {
    const env = {
      DATABASE_URL: database,
      REDIS_URL: inject("redisUrl"),
      OPENAI_API_KEY: "sk-wire",
      OPENAI_BASE_URL: wireUrl,
      PARLEY_RUNNER_PORT: "0",
      PARLEY_CLUSTER_LEASE_MS: "3000",
      PARLEY_CLUSTER_REFRESH_MS: "300",
      PARLEY_CLUSTER_HEALTH_MS: "500",
      PARLEY_CLUSTER_JOIN_MS: "1",
      ...more
    }
    const startRunner = startParley(env, "runner")
    // One after another: the first brings the schema up to date.
    const first = yield* startRunner
    const [second, left, right] = yield* Effect.all([startRunner, startParley(env, "gateway"), startParley(env, "gateway")], {
      concurrency: "unbounded"
    })
    const cluster: Cluster = { gateways: [left, right], runners: [first, second], startRunner }
    return cluster
  })

/** The runner that said in its log that it begins the answer. */
const ownerOf = (cluster: Cluster, runId: string): Parley | undefined =>
  cluster.runners.find((runner) => runner.log.some((line) => line["runId"] === runId))

describe("two gateways and two runners", () => {
  it.live("clients of both gateways end byte-equal with one terminal when the owning runner is killed in the middle", () =>
    Effect.gen(function* () {
      const wire = yield* startOpenaiWire
      const database = Redacted.value(yield* freshDatabase)
      const cluster = yield* startCluster(database, wire.baseUrl, { PARLEY_LOG_LEVEL: "Debug" })
      const [left, right] = cluster.gateways
      const conversation = yield* createConversation(left, { model: "openai/gpt-5" })
      wire.enqueue(answer(["The first half, ", "kept. "], { holdAfter: 2 }), answer(["The second ", "half."]))

      const clients = [yield* connect(left.socketUrl, left.key), yield* connect(right.socketUrl, right.key)] as const
      const send = message(conversation.id, "one", "Tell me much.")
      const [accepted, again] = yield* Effect.promise(() => Promise.all(clients.map((client) => client.command(send))))
      assert.ok(accepted?.type === "accepted" && accepted.run !== null && again?.type === "accepted", JSON.stringify(accepted))
      assert.deepStrictEqual(again.run, accepted.run)
      const { runId } = accepted.run
      const views = clients.map(() => runView(conversation.id, runId))
      for (const [index, client] of clients.entries()) {
        const view = views[index]!
        yield* Effect.promise(() => client.follow(view))
        yield* Effect.promise(() => client.until(() => (viewText(view).endsWith("kept. ") ? true : undefined)))
      }
      yield* journalHolds(database, "kept. ")
      const owner = ownerOf(cluster, runId)
      assert.ok(owner !== undefined, "the owner said that it begins the answer")
      yield* owner.stop("SIGKILL")

      const late = runView(conversation.id, runId)
      for (const [index, client] of clients.entries()) yield* Effect.promise(() => client.until(() => views[index]!.terminals[0]))
      yield* Effect.promise(() => clients[1].follow(late))
      yield* Effect.promise(() => clients[1].until(() => late.terminals[0]))
      const messages = yield* listMessages(right, conversation.id)
      assert.strictEqual(messages.length, 2)
      for (const view of [...views, late]) {
        assert.strictEqual(viewText(view), "The first half, kept. The second half.")
        assert.strictEqual(viewText(view), textOf(messages[1]!.content))
        assert.strictEqual(view.terminals.length, 1)
        assert.strictEqual(view.terminals[0]?.type, "run-complete")
      }
      // The call that died with its process, and its continuation.
      assert.strictEqual(wire.requests.length, 2)
      const retried = yield* Effect.promise(() => clients[0].command(send))
      assert.ok(retried.type === "accepted" && retried.duplicate)
    })
  )
})
