/** Several processes are one Parley: any gateway serves any client, and a lost or leaving runner costs nobody an answer. */
import { textOf } from "@parley/domain/Content"
import { CloseCode } from "@parley/domain/SocketProtocol"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Redacted, type Scope } from "effect"
import { inject } from "vitest"
import { freshDatabase } from "../../../../test/support/freshDatabase.ts"
import { startOpenaiWire } from "../../../providers/test/wire/openaiWire.ts"
import { answer } from "../../../providers/test/wire/WireServer.ts"
import { createConversation, createKey, listMessages, request } from "./support/api.ts"
import { connect, runView, viewText, type ChatClient } from "./support/ChatClient.ts"
import { journalHolds } from "./support/journal.ts"
import { runnersShare } from "./support/leases.ts"
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
      PARLEY_CLUSTER_HEARTBEAT_MS: "300",
      PARLEY_CLUSTER_JOIN_MS: "1",
      ...more
    }
    const startRunner = startParley(env, "runner")
    // All at once, on an empty database.
    const [first, second, left, right] = yield* Effect.all(
      [startRunner, startRunner, startParley(env, "gateway"), startParley(env, "gateway")],
      { concurrency: "unbounded" }
    )
    // An answer that begins while shards still move to the second runner would be continued there.
    yield* runnersShare(database, 2)
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

  it.live("members on both gateways see one order of events, through a restart of every runner by SIGTERM", () =>
    Effect.gen(function* () {
      const wire = yield* startOpenaiWire
      const database = Redacted.value(yield* freshDatabase)
      const cluster = yield* startCluster(database, wire.baseUrl, { PARLEY_LOG_LEVEL: "Debug", PARLEY_DRAIN_TIMEOUT_MS: "60000" })
      const [left, right] = cluster.gateways
      const conversation = yield* createConversation(left, { model: "openai/gpt-5" })
      const other = yield* createKey(left, { displayName: "Other", scopes: ["chat"] })
      yield* request(left, "POST", `/api/conversations/${conversation.id}/members`, { principalId: other.apiKey.principalId })
      const one = yield* connect(left.socketUrl, left.key)
      const two = yield* connect(right.socketUrl, other.secret)
      const members = [one, two] as const
      for (const member of members) {
        yield* Effect.promise(() => member.command({ type: "follow", conversationId: conversation.id }))
        yield* Effect.promise(() => member.until(() => member.frames.find((frame) => frame.type === "room-snapshot")))
      }
      yield* Effect.promise(() =>
        one.until(() => one.frames.find((frame) => frame.type === "presence" && frame.online.length === 2))
      )
      const remarks = (round: string) =>
        Effect.promise(() =>
          Promise.all(
            Array.from({ length: 10 }, (_, n) =>
              members[n % 2]!.command(message(conversation.id, `${round}-${n}`, `${round} ${n}`, false))
            )
          )
        )
      const accepted = yield* remarks("first")
      assert.deepStrictEqual([...new Set(accepted.map((frame) => frame.type))], ["accepted"])

      wire.enqueue(answer(["Begun, ", "and done."], { holdAfter: 1 }))
      const asked = yield* Effect.promise(() => one.command(message(conversation.id, "ask", "Hello")))
      assert.ok(asked.type === "accepted" && asked.run !== null)
      const { runId } = asked.run
      const views = members.map(() => runView(conversation.id, runId))
      for (const [index, member] of members.entries()) yield* Effect.promise(() => member.follow(views[index]!))
      for (const [index, member] of members.entries()) {
        yield* Effect.promise(() => member.until(() => (viewText(views[index]!) === "Begun, " ? true : undefined)))
      }
      const owner = ownerOf(cluster, runId)
      assert.ok(owner !== undefined)
      const leaving = yield* Effect.forkChild(owner.stop("SIGTERM"), { startImmediately: true })
      yield* owner.logged("Stopping")
      ;(yield* wire.received(0)).release()
      for (const [index, member] of members.entries()) yield* Effect.promise(() => member.until(() => views[index]!.terminals[0]))
      assert.strictEqual(yield* Fiber.join(leaving), 0)
      yield* remarks("second")
      yield* cluster.startRunner
      const rest = cluster.runners.find((runner) => runner !== owner)
      assert.strictEqual(yield* rest!.stop("SIGTERM"), 0)
      yield* remarks("third")

      const order = (client: ChatClient) =>
        client.frames.flatMap((frame) =>
          frame.type === "room" && frame.event.type === "message-added" ? [`${frame.seq} ${frame.event.message.id}`] : []
        )
      // Ten remarks a round, the question and its answer.
      for (const member of members)
        yield* Effect.promise(() => member.until(() => (order(member).length >= 32 ? true : undefined)))
      assert.deepStrictEqual(order(two), order(one))
      assert.strictEqual(order(one).length, 32)
      for (const view of views) assert.strictEqual(viewText(view), "Begun, and done.")
      assert.strictEqual(wire.requests.length, 1)

      // What a runner or the other gateway stores is told to lists here; and a key that is revoked there is no good here.
      yield* Effect.promise(() => two.command({ type: "follow-list" }))
      const told = (type: string) =>
        Effect.promise(() =>
          two.until(() => two.frames.find((frame) => frame.type === "list-changed" && frame.change.type === type))
        )
      yield* Effect.promise(() => one.command(message(conversation.id, "last", "Once more", false)))
      yield* told("moved")
      yield* request(left, "PATCH", `/api/conversations/${conversation.id}`, { title: "Renamed" })
      yield* told("changed")
      yield* request({ url: left.url, key: other.secret }, "POST", "/api/folders", { name: "Mine" })
      yield* told("folders")
      yield* request(left, "DELETE", `/api/keys/${other.apiKey.id}`)
      assert.strictEqual((yield* Effect.promise(() => two.closed)).code, CloseCode.unauthorized)
    })
  )

  it.live("a runner that was frozen, lost its conversations and woke up cannot write an answer that another has continued", () =>
    Effect.gen(function* () {
      const wire = yield* startOpenaiWire
      const database = Redacted.value(yield* freshDatabase)
      const cluster = yield* startCluster(database, wire.baseUrl, { PARLEY_LOG_LEVEL: "Debug", PARLEY_DRAIN_TIMEOUT_MS: "3000" })
      const [left, right] = cluster.gateways
      const conversation = yield* createConversation(left, { model: "openai/gpt-5" })
      wire.enqueue(answer(["Before. ", "Old end."], { holdAfter: 1 }), answer("New end."))
      const client = yield* connect(right.socketUrl, right.key)
      const accepted = yield* Effect.promise(() => client.command(message(conversation.id, "one", "Hello")))
      assert.ok(accepted.type === "accepted" && accepted.run !== null)
      const { runId } = accepted.run
      const view = runView(conversation.id, runId)
      yield* Effect.promise(() => client.follow(view))
      yield* Effect.promise(() => client.until(() => (viewText(view) === "Before. " ? true : undefined)))
      yield* journalHolds(database, "Before. ")
      const owner = ownerOf(cluster, runId)
      assert.ok(owner !== undefined)
      process.kill(owner.pid, "SIGSTOP")
      yield* Effect.promise(() => client.until(() => view.terminals[0]))
      // The old owner's provider ends its answer at the moment it wakes.
      ;(yield* wire.received(0)).release()
      process.kill(owner.pid, "SIGCONT")
      assert.strictEqual(yield* owner.stop("SIGTERM"), 0)

      const late = runView(conversation.id, runId)
      yield* Effect.promise(() => client.follow(late))
      yield* Effect.promise(() => client.until(() => late.terminals[0]))
      const messages = yield* listMessages(left, conversation.id)
      for (const seen of [view, late]) {
        assert.strictEqual(viewText(seen), "Before. New end.")
        assert.strictEqual(seen.terminals.length, 1)
      }
      assert.strictEqual(textOf(messages[1]!.content), "Before. New end.")
      assert.strictEqual(messages.length, 2)
      assert.strictEqual(wire.requests.length, 2)
    })
  )

  it.live("a runner that is asked to stop hands over the answer that did not end in time", () =>
    Effect.gen(function* () {
      const wire = yield* startOpenaiWire
      const database = Redacted.value(yield* freshDatabase)
      const cluster = yield* startCluster(database, wire.baseUrl, { PARLEY_LOG_LEVEL: "Debug", PARLEY_DRAIN_TIMEOUT_MS: "300" })
      const [left, right] = cluster.gateways
      const conversation = yield* createConversation(left, { model: "openai/gpt-5" })
      wire.enqueue(answer(["Begun here, ", "never said."], { holdAfter: 1 }), answer("ended there."))
      const client = yield* connect(right.socketUrl, right.key)
      const accepted = yield* Effect.promise(() => client.command(message(conversation.id, "one", "Hello")))
      assert.ok(accepted.type === "accepted" && accepted.run !== null)
      const view = runView(conversation.id, accepted.run.runId)
      yield* Effect.promise(() => client.follow(view))
      yield* Effect.promise(() => client.until(() => (viewText(view) === "Begun here, " ? true : undefined)))
      const owner = ownerOf(cluster, accepted.run.runId)
      assert.ok(owner !== undefined)
      // No lease has to end: they are given back.
      assert.strictEqual(yield* owner.stop("SIGTERM"), 0)
      yield* Effect.promise(() => client.until(() => view.terminals[0]))
      assert.strictEqual(viewText(view), "Begun here, ended there.")
      assert.strictEqual(textOf((yield* listMessages(left, conversation.id))[1]!.content), viewText(view))
      assert.strictEqual(view.terminals.length, 1)
      assert.strictEqual(wire.requests.length, 2)
    })
  )
})
