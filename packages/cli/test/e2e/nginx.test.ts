/** A real nginx with the configuration of infra/nginx in front of two gateways. */
import { createServer } from "node:http"
import { connect as tlsConnect, getCACertificates, setDefaultCACertificates } from "node:tls"
import { textOf } from "@parley/domain/Content"
import { subprotocol } from "@parley/domain/SocketProtocol"
import { assert, describe, it, layer } from "@effect/vitest"
import { Context, Effect, Fiber, Layer, Redacted, type Scope } from "effect"
import { inject } from "vitest"
import { WebSocket } from "ws"
import { freePort } from "../../src/postgres/freePort.ts"
import { freshDatabase } from "../../../../test/support/freshDatabase.ts"
import { startNginx, type Nginx } from "../../../../test/support/startNginx.ts"
import { startOpenaiWire } from "../../../providers/test/wire/openaiWire.ts"
import { answer } from "../../../providers/test/wire/WireServer.ts"
import { createConversation, listMessages, request } from "./support/api.ts"
import { connect, runView, viewText } from "./support/ChatClient.ts"
import { startParley } from "./support/startParley.ts"

const held = (gateways: ReadonlyArray<string>, canary: ReadonlyArray<string>): Effect.Effect<Nginx, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.promise(() => startNginx(gateways, canary)),
    ({ end }) => Effect.promise(end)
  ).pipe(
    Effect.map(({ value }) => {
      // For `fetch` and sockets alike.
      setDefaultCACertificates([...getCACertificates("default"), value.certificate])
      return value
    })
  )

const hostOf = (url: string) => new URL(url).host

/** Two gateways and a runner behind nginx. */
const startFront = Effect.gen(function* () {
  const wire = yield* startOpenaiWire
  const env = {
    DATABASE_URL: Redacted.value(yield* freshDatabase),
    REDIS_URL: inject("redisUrl"),
    OPENAI_API_KEY: "sk-wire",
    OPENAI_BASE_URL: wire.baseUrl,
    PARLEY_RUNNER_PORT: "0"
  }
  // A port of its own from the start: one that the kernel chose cannot be listened on again while connections of it are closing.
  const gateway = Effect.flatMap(Effect.promise(freePort), (port) =>
    startParley({ ...env, PARLEY_PORT: String(port) }, "gateway")
  )
  const [, left, right] = yield* Effect.all([startParley(env, "runner"), gateway, gateway], { concurrency: "unbounded" })
  const canary = yield* startCanary
  const nginx = yield* held([hostOf(left.url), hostOf(right.url)], [canary])
  const front = { url: nginx.url, key: left.key }
  return { env, wire, nginx, front, gateways: [left, right] as const, socketUrl: `${nginx.url.replace(/^http/, "ws")}/ws` }
})

/** The same for all tests that break nothing. */
class Front extends Context.Service<Front, Effect.Success<typeof startFront>>()("@parley/cli/test/Front") {
  static readonly layer = Layer.effect(Front, startFront)
}

/** Stands for the gateways of another version. */
const startCanary = Effect.acquireRelease(
  Effect.promise(
    () =>
      new Promise<{ readonly address: string; readonly close: () => void }>((resolve) => {
        const server = createServer((_, response) => response.end("the next version"))
        server.listen(0, "127.0.0.1", () => {
          const address = server.address()
          const port = typeof address === "object" && address !== null ? address.port : 0
          resolve({ address: `127.0.0.1:${port}`, close: () => server.close().closeAllConnections() })
        })
      })
  ),
  ({ close }) => Effect.sync(close)
).pipe(Effect.map(({ address }) => address))

const message = (conversationId: string, clientMessageId: string, text: string, reply = true) => ({
  type: "send",
  conversationId,
  clientMessageId,
  content: [{ type: "text", text }],
  reply
})

/** What the handshake answers; null when the versions have nothing in common. */
const tlsVersion = (port: number, maxVersion: "TLSv1.2" | "TLSv1.3", certificate: string) =>
  Effect.promise(
    () =>
      new Promise<string | null>((resolve) => {
        const socket = tlsConnect({ host: "localhost", port, maxVersion, ca: certificate }, () => {
          resolve(socket.getProtocol())
          socket.destroy()
        })
        socket.once("error", () => resolve(null))
      })
  )

describe("behind nginx", () => {
  layer(Front.layer, { excludeTestServices: true })((it) => {
    it.effect("clients speak TLS 1.3, keep what operators have to operators, and choose a release by a header", () =>
      Effect.gen(function* () {
        const { front, nginx } = yield* Front
        assert.strictEqual(yield* tlsVersion(nginx.port, "TLSv1.3", nginx.certificate), "TLSv1.3")
        assert.isNull(yield* tlsVersion(nginx.port, "TLSv1.2", nginx.certificate))
        const plain = yield* Effect.promise(() => fetch(`${nginx.plainUrl}/docs`, { redirect: "manual" }))
        assert.strictEqual(plain.status, 308)
        assert.strictEqual(plain.headers.get("location"), "https://localhost/docs")
        const status = (path: string, headers: Record<string, string> = {}) =>
          Effect.promise(() => fetch(`${nginx.url}${path}`, { headers: { authorization: `Bearer ${front.key}`, ...headers } }))
        const models = yield* status("/v1/models")
        assert.strictEqual(models.status, 200)
        assert.ok(models.headers.get("strict-transport-security"))
        assert.ok(models.headers.get("x-request-id"))
        assert.strictEqual((yield* status("/metrics")).status, 404)
        assert.strictEqual((yield* status("/rpc")).status, 404)
        const canary = yield* status("/v1/models", { "x-parley-release": "canary" })
        assert.strictEqual(yield* Effect.promise(() => canary.text()), "the next version")
      })
    )

    it.effect("a page's socket opens, an answer streams over it, over SSE and over /v1, and each piece comes as it is said", () =>
      Effect.gen(function* () {
        const { front, nginx, socketUrl, wire } = yield* Front
        const conversation = yield* createConversation(front, { model: "openai/gpt-5" })
        const client = yield* connect(socketUrl, front.key, { origin: nginx.url })
        wire.enqueue(answer(["First, ", "then."], { holdAfter: 1 }))
        const accepted = yield* Effect.promise(() => client.command(message(conversation.id, "one", "Hello")))
        assert.ok(accepted.type === "accepted" && accepted.run !== null, JSON.stringify(accepted))
        const { runId } = accepted.run
        const view = runView(conversation.id, runId)
        yield* Effect.promise(() => client.follow(view))
        yield* Effect.promise(() => client.until(() => (viewText(view) === "First, " ? true : undefined)))
        const events = yield* Effect.promise(() =>
          fetch(`${nginx.url}/api/conversations/${conversation.id}/runs/${runId}/events`, {
            headers: { authorization: `Bearer ${front.key}` }
          })
        )
        const reader = events.body!.pipeThrough(new TextDecoderStream()).getReader()
        const readUntil = (sought: string) =>
          Effect.promise(async () => {
            let text = ""
            while (!text.includes(sought)) {
              const { done, value } = await reader.read()
              if (done) break
              text += value
            }
            return text
          })
        // The provider says no more before this has arrived.
        assert.include(yield* readUntil("First, "), "First, ")
        ;(yield* wire.received(0)).release()
        assert.include(yield* readUntil("run-complete"), "run-complete")
        yield* Effect.promise(() => client.until(() => view.terminals[0]))
        assert.strictEqual(viewText(view), "First, then.")

        wire.enqueue(answer(["Straight ", "through."], { holdAfter: 1 }))
        const completion = yield* Effect.promise(() =>
          fetch(`${nginx.url}/v1/chat/completions`, {
            method: "POST",
            headers: { authorization: `Bearer ${front.key}`, "content-type": "application/json" },
            body: JSON.stringify({ model: "openai/gpt-5", stream: true, messages: [{ role: "user", content: "Hello" }] })
          })
        )
        const chunks = completion.body!.pipeThrough(new TextDecoderStream()).getReader()
        let streamed = ""
        while (!streamed.includes("Straight ")) streamed += (yield* Effect.promise(() => chunks.read())).value ?? ""
        ;(yield* wire.received(1)).release()
        for (;;) {
          const { done, value } = yield* Effect.promise(() => chunks.read())
          if (done) break
          streamed += value
        }
        assert.include(streamed, "through.")
        assert.match(streamed, /data: \[DONE\]\n\n$/)
      })
    )

    it.effect("one address that opens too many connections is refused, and is welcome again when it has closed some", () =>
      Effect.gen(function* () {
        const { front, socketUrl } = yield* Front
        const open = () =>
          new Promise<WebSocket | number>((resolve) => {
            const socket = new WebSocket(socketUrl, [subprotocol], { headers: { authorization: `Bearer ${front.key}` } })
            socket.once("unexpected-response", (_, response) => {
              resolve(response.statusCode ?? 0)
              socket.on("error", () => {})
              socket.terminate()
            })
            socket.once("open", () => resolve(socket))
          })
        const bound = 256
        const sockets = yield* Effect.promise(() => Promise.all(Array.from({ length: bound }, open)))
        assert.isTrue(sockets.every((socket) => typeof socket === "object"))
        assert.strictEqual(yield* Effect.promise(open), 429)
        for (const socket of sockets) if (typeof socket === "object") socket.terminate()
        yield* Effect.promise(async () => {
          while (typeof (await open()) === "number") await new Promise((resolve) => setImmediate(resolve))
        })
      })
    )

    // The last of those that share it: what it asks too much counts for all who come from here.
    it.effect("one address that asks too often is refused for that, and is answered again when it asks less", () =>
      Effect.gen(function* () {
        const { nginx } = yield* Front
        const ask = Effect.promise(async () => {
          const response = await fetch(`${nginx.url}/`, { headers: { "x-parley-release": "canary" } })
          await response.text()
          return response.status
        })
        const flood = 3_000
        const statuses = new Set<number>()
        const one = Effect.suspend(() =>
          statuses.has(429) ? Effect.void : Effect.map(ask, (status) => void statuses.add(status))
        )
        yield* Effect.forEach(Array.from({ length: flood }), () => one, { concurrency: 64, discard: true })
        assert.deepStrictEqual([...statuses].toSorted(), [200, 429])
        while ((yield* ask) !== 200) yield* Effect.yieldNow
      })
    )
  })

  it.live("a gateway that is killed under load costs nobody an answer", () =>
    Effect.gen(function* () {
      const { front, gateways, socketUrl, wire } = yield* startFront
      const conversation = yield* createConversation(front, { model: "openai/gpt-5" })
      wire.enqueue(answer(["Kept, ", "and ended."], { holdAfter: 1 }))
      const clients = [yield* connect(socketUrl, front.key), yield* connect(socketUrl, front.key)] as const
      const asked = yield* Effect.promise(() => clients[0].command(message(conversation.id, "ask", "Hello")))
      assert.ok(asked.type === "accepted" && asked.run !== null)
      const { runId } = asked.run
      const views = clients.map(() => runView(conversation.id, runId))
      for (const [index, client] of clients.entries()) yield* Effect.promise(() => client.follow(views[index]!))

      const rounds = 60
      const killAfter = 20
      const statuses: Array<number> = []
      const send = (index: number) =>
        Effect.gen(function* () {
          const body = { clientMessageId: `load-${index}`, content: [{ type: "text", text: `Remark ${index}` }], reply: false }
          // What a client does on a gateway's failure: the same message again, under its id.
          for (;;) {
            const sent = yield* request(front, "POST", `/api/conversations/${conversation.id}/messages`, body).pipe(
              Effect.catchDefect(() => Effect.succeed({ status: 502 }))
            )
            if (sent.status < 500) return sent.status
          }
        })
      const one = (index: number) =>
        Effect.gen(function* () {
          if (index === killAfter) process.kill(gateways[0].pid, "SIGKILL")
          const read = yield* Effect.promise(() =>
            fetch(`${front.url}/v1/models`, { headers: { authorization: `Bearer ${front.key}` } }).then(
              (response) => response.status
            )
          )
          statuses.push(read, yield* send(index))
        })
      yield* Effect.forEach(
        Array.from({ length: rounds }, (_, index) => index),
        one,
        { concurrency: 8 }
      )
      assert.deepStrictEqual(
        [...new Set(statuses)].filter((status) => status >= 300),
        []
      )

      // Whoever was connected through the lost one comes back through the other, and goes on where it was.
      const late = yield* connect(socketUrl, front.key)
      const resumed = { ...views[0]!, terminals: [] }
      yield* Effect.promise(() => late.follow(resumed))
      ;(yield* wire.received(0)).release()
      yield* Effect.promise(() => late.until(() => resumed.terminals[0]))
      assert.strictEqual(viewText(resumed), "Kept, and ended.")
      assert.strictEqual(resumed.terminals.length, 1)
      const all = yield* listAll(front, conversation.id)
      const remarks = all.filter((text) => text.startsWith("Remark "))
      assert.strictEqual(remarks.length, rounds)
      assert.strictEqual(new Set(remarks).size, rounds)
      assert.strictEqual(wire.requests.length, 1)
    })
  )

  it.live("both gateways are restarted by SIGTERM, one after the other, under messages, and none of them fails", () =>
    Effect.gen(function* () {
      const { env, front, gateways, nginx } = yield* startFront
      const lanes = Array.from({ length: 6 }, (_, lane) => lane)
      const ids = yield* Effect.forEach(lanes, () => Effect.map(createConversation(front), ({ id }) => id))
      const failed: Array<string> = []
      const accepted = lanes.map(() => 0)
      let isOver = false
      const ask = (lane: number) =>
        Effect.gen(function* () {
          for (let n = 0; !isOver; n++) {
            const body = { clientMessageId: `${lane}-${n}`, content: [{ type: "text", text: `Remark ${n}` }], reply: false }
            const sent = yield* request(front, "POST", `/api/conversations/${ids[lane]}/messages`, body).pipe(
              Effect.catchDefect((defect) => Effect.succeed({ status: 0, body: String(defect) }))
            )
            if (sent.status === 200 || sent.status === 201 || sent.status === 202) accepted[lane] = (accepted[lane] ?? 0) + 1
            else failed.push(`${sent.status} ${JSON.stringify(sent.body)}`)
            yield* Effect.sleep(laneEveryMs)
          }
        })
      const asking = yield* Effect.forkChild(Effect.forEach(lanes, ask, { concurrency: "unbounded" }), { startImmediately: true })
      for (const old of gateways) {
        assert.strictEqual(yield* old.stop("SIGTERM"), 0)
        yield* startParley({ ...env, PARLEY_PORT: new URL(old.url).port }, "gateway")
      }
      isOver = true
      yield* Fiber.join(asking)
      assert.deepStrictEqual(failed, [], nginx.complaint())
      for (const lane of lanes) {
        assert.isAbove(accepted[lane] ?? 0, 0)
        const remarks = yield* listAll(front, ids[lane] ?? "")
        assert.strictEqual(remarks.length, accepted[lane])
        assert.strictEqual(new Set(remarks).size, accepted[lane])
      }
    })
  )

  it.live("a gateway that is frozen holds few requests, the others go to the other one, and it answers them when it wakes", () =>
    Effect.gen(function* () {
      const { front, gateways } = yield* startFront
      const ask = () => fetch(`${front.url}/v1/models`, { headers: { authorization: `Bearer ${front.key}` } }).then(statusOf)
      process.kill(gateways[0].pid, "SIGSTOP")
      const held: Array<Promise<number>> = []
      const lanes = 4
      const lane = async (): Promise<void> => {
        for (let n = 0; n < 25; n++) {
          const answered = ask()
          const isHeld = await Promise.race([answered.then(() => false), patience()])
          if (isHeld) held.push(answered)
        }
      }
      yield* Effect.promise(() => Promise.all(Array.from({ length: lanes }, lane)))
      assert.isAbove(held.length, 0)
      assert.isAtMost(held.length, 2 * lanes)
      process.kill(gateways[0].pid, "SIGCONT")
      assert.deepStrictEqual([...new Set(yield* Effect.promise(() => Promise.all(held)))], [200])
    })
  )
})

/** Between two requests of one lane: all lanes together stay below what nginx lets one address ask. */
const laneEveryMs = 200

const listAll = (front: { readonly url: string; readonly key: string }, conversationId: string) =>
  Effect.map(listMessages(front, conversationId, "limit=200"), (messages) => messages.map(({ content }) => textOf(content)))

const statusOf = async (response: Response): Promise<number> => {
  await response.text()
  return response.status
}

/** A request that has no answer by then is held: the frozen gateway answers none, and the other within milliseconds. */
const patienceMs = 3_000
const patience = (): Promise<boolean> => new Promise((resolve) => setTimeout(() => resolve(true), patienceMs))
