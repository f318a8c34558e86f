import { Effect } from "effect"
import { request } from "node:http"
import { afterEach, assert, beforeEach, describe, it } from "vitest"
import { engines } from "../server/support/engines.ts"
import { SocketClient } from "../support/socketClient.ts"
import { startDoors, until } from "../support/socketDoors.ts"
import type { RunningDoors } from "../support/socketDoors.ts"
import { goodKey } from "../support/socketKeys.ts"

/** What the server answers to an upgrade: its status, headers and body. */
const upgrade = (port: number, headers: Record<string, string>) =>
  new Promise<{ status: number; headers: NodeJS.Dict<string | Array<string>>; body: string }>((resolve, reject) => {
    const asked = request({
      port,
      host: "127.0.0.1",
      path: "/ws",
      headers: {
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
        ...headers
      }
    })
    asked.on("upgrade", (response, socket) => {
      socket.destroy()
      resolve({ status: 101, headers: response.headers, body: "" })
    })
    asked.on("response", (response) => {
      let body = ""
      response.on("data", (chunk: Buffer) => (body += chunk.toString()))
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }))
    })
    asked.on("error", reject)
    asked.end()
  })

describe.each(engines)("the socket on %s", (engine) => {
  let doors: RunningDoors
  beforeEach(async () => {
    doors = await startDoors(engine, { allowedOrigins: ["https://app.example"] })
  })
  afterEach(() => doors.close())

  const connect = (held?: ConstructorParameters<typeof SocketClient>[1]) => new SocketClient(doors.url, held).open()
  const conversation = () => Effect.runPromise(doors.conversations.addConversation())
  const send = (client: SocketClient, conversationId: string) =>
    client.command({ type: "send", conversationId, clientMessageId: "c1", content: [{ type: "text", text: "hello" }] })
  const onlyRun = () => {
    const [run] = doors.conversations.runs.values()
    assert(run !== undefined)
    return run
  }

  it("selects parley.v1 and never echoes the key", async () => {
    const client = await connect()
    assert.strictEqual(client.protocol, "parley.v1")
    assert.strictEqual(client.frames[0]?.type, "welcome")
    await client.end()
  })

  const protocols = { "sec-websocket-protocol": "parley.v1" }
  const key = { authorization: `Bearer ${goodKey}` }
  it.each([
    ["a good key", { ...protocols, ...key }, 101],
    ["no key", protocols, 401],
    ["a wrong key", { ...protocols, authorization: "Bearer pk_wrong" }, 401],
    ["a wrong key as a subprotocol", { "sec-websocket-protocol": "parley.v1, parley.key.pk_wrong" }, 401],
    ["no subprotocol", key, 400],
    ["a page of another origin", { ...protocols, ...key, origin: "https://evil.example" }, 403],
    ["a page of an allowed origin", { ...protocols, ...key, origin: "https://app.example" }, 101]
  ])("answers the upgrade of %s with its status, and without the key", async (_, headers, status) => {
    const answer = await upgrade(doors.port, { ...headers, "x-request-id": "mine" })
    assert.strictEqual(answer.status, status)
    assert.notInclude(JSON.stringify(answer), goodKey)
    if (status !== 101) {
      assert.match(String(answer.headers["content-type"]), /^application\/problem\+json/)
      assert.strictEqual(JSON.parse(answer.body).requestId, "mine")
    }
  })

  it("two clients end byte-equal with one terminal, though one of them goes and comes back in the middle", async () => {
    const conversationId = await conversation()
    const steady = await connect()
    await steady.command({ type: "follow", conversationId })
    const leaving = await connect()
    await send(leaving, conversationId)
    const run = onlyRun()
    await leaving.subscribe(conversationId, run.runId)
    const words = Array.from({ length: 300 }, (_, i) => `${i} wörd 🦜 `)
    for (const word of words.slice(0, 100)) doors.conversations.text(run, word)
    await until("it holds something", () => leaving.held.seq > 10)
    await leaving.end()
    for (const word of words.slice(100, 200)) doors.conversations.text(run, word)
    const back = await connect(leaving.held)
    await back.subscribe(conversationId, run.runId)
    for (const word of words.slice(200)) doors.conversations.text(run, word)
    doors.conversations.complete(run)
    await until("both have the end", () => steady.held.terminals.length > 0 && back.held.terminals.length > 0)
    for (const client of [steady, back]) {
      assert.strictEqual(client.held.text, words.join(""))
      assert.strictEqual(client.held.seq, run.events.length)
      assert.strictEqual(client.held.terminals.length, 1)
    }
    // A new epoch replaces what is held.
    const stale = await connect({ ...back.held, epoch: `epo_${"0".repeat(26)}` as never, text: "stale", terminals: [] })
    await stale.subscribe(conversationId, run.runId)
    assert.strictEqual(stale.held.text, words.join(""))
    assert.isTrue(stale.frames.some((frame) => frame.type === "snapshot"))
    await until("what was applied is acknowledged", () => doors.conversations.acks.some(([, seq]) => seq === run.events.length))
    await Promise.all([steady, back, stale].map((client) => client.end()))
    await until("followers are released", () => doors.conversations.followers.size === 0)
  })

  it("a stop from another socket reaches the run, twice with the same answer", async () => {
    const conversationId = await conversation()
    const [one, other] = await Promise.all([connect(), connect()])
    await one.command({ type: "follow", conversationId })
    await send(one, conversationId)
    const { runId } = onlyRun()
    for (const client of [other, one]) {
      const answer = await client.command({ type: "cancel", conversationId, runId })
      assert(answer.type === "cancelled" && answer.status === "cancelled")
    }
    await until("the terminal is told", () => one.held.terminals.length > 0)
    assert.deepStrictEqual(one.held.terminals, [{ type: "run-cancel" }])
    await Promise.all([one.end(), other.end()])
  })

  it("a frame that is too large gets its reason before the close", async () => {
    const client = await connect()
    client.raw(JSON.stringify({ type: "ping", padding: "x".repeat(1_100_000) }))
    await until("closed", () => client.closed !== undefined)
    assert.strictEqual(client.closed?.code, 1009)
    assert.isTrue(client.frames.some((frame) => frame.type === "error" && frame.code === "payload_too_large"))
  })

  it("five malformed frames are answered, then the socket is closed with 4500", async () => {
    const client = await connect()
    for (const frame of ["{", "[]", "null", '{"type":"ack"}']) client.raw(frame)
    client.raw(new Uint8Array([1, 2, 3]))
    await until("closed", () => client.closed !== undefined)
    assert.strictEqual(client.closed?.code, 4500)
    const errors = client.frames.filter((frame) => frame.type === "error" && frame.code === "invalid_request")
    assert.strictEqual(errors.length, 5)
  })
})

it.each(engines)("on %s a server that ends tells its sockets to reconnect, and then closes them with 4000", async (engine) => {
  const doors = await startDoors(engine, { finalDrainMs: 50 })
  const clients = await Promise.all(Array.from({ length: 5 }, () => new SocketClient(doors.url).open()))
  await doors.close()
  for (const client of clients) {
    await until("closed", () => client.closed !== undefined)
    assert.strictEqual(client.closed?.code, 4000)
    const last = client.frames.at(-1)
    assert(last?.type === "go-away" && last.withinMs === 50)
  }
})
