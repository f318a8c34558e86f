import { assert, describe, it } from "@effect/vitest"
import { ParleyApiError, ParleyConnectionError, type Sent } from "../../src/sdk.ts"
import { conversationId } from "../support/ModelServer.ts"
import { settled, VirtualPlatform } from "../support/VirtualPlatform.ts"
import { answer, opened, virtualClient, welcome } from "../support/virtualClient.ts"

describe("the connection", () => {
  it("carries the key in the subprotocol, never in the address, and none when a session counts", async () => {
    const { platform } = await opened()
    assert.strictEqual(platform.socket.url, "ws://model/ws")
    assert.deepStrictEqual(platform.socket.protocols, ["parley.v1", "parley.key.pk_model"])
    const { apiKey: _, ...withSession } = { apiKey: "", url: "https://model/" }
    const other = virtualClient({ ...withSession, apiKey: () => "pk_later" })
    other.client.connect()
    await settled()
    assert.deepStrictEqual([other.platform.socket.url, ...other.platform.socket.protocols].slice(0, 2), [
      "wss://model/ws",
      "parley.v1"
    ])
  })

  it("comes back after pauses that double up to a bound, and begin anew once it was stable", async () => {
    const { client, platform } = await opened()
    const pauses: Array<number> = []
    for (let failures = 0; failures < 8; failures++) {
      platform.socket.end(1006)
      await settled()
      const { retryAtMs } = client.connection.getSnapshot()
      pauses.push((retryAtMs ?? 0) - platform.now)
      await platform.advance(pauses.at(-1)!)
    }
    assert.deepStrictEqual(pauses, [250, 500, 1_000, 2_000, 4_000, 7_500, 7_500, 7_500])
    platform.socket.receive(welcome)
    await platform.advance(6_000)
    platform.socket.end(1006)
    assert.strictEqual((client.connection.getSnapshot().retryAtMs ?? 0) - platform.now, 250)
  })

  for (const [code, state] of [
    [1006, "waiting"],
    [4000, "waiting"],
    [4001, "waiting"],
    [4002, "waiting"],
    [4499, "waiting"],
    [4500, "refused"],
    [4501, "refused"],
    [4999, "refused"]
  ] as const) {
    it(`closed with ${code} it is ${state}`, async () => {
      const { client, platform } = await opened()
      platform.socket.end(code, "why")
      await settled()
      const { error, state: reached } = client.connection.getSnapshot()
      assert.strictEqual(reached, state)
      assert.ok(error instanceof ParleyConnectionError)
      assert.include(error.message, String(code))
    })
  }

  it("is not given up for a quiet room, however often it was lost", async () => {
    const { client, platform } = await opened({ limits: { fruitlessSubscriptions: 2 } })
    client.conversation(conversationId)
    for (let losses = 0; losses < 6; losses++) {
      await answer(platform.socket, "follow", { type: "done" })
      const { length } = platform.sockets
      platform.socket.end(1006)
      await platform.advance(client.connection.getSnapshot().retryAtMs! - platform.now)
      assert.strictEqual(platform.sockets.length, length + 1)
      platform.socket.receive(welcome)
      await settled()
      assert.strictEqual(client.connection.getSnapshot().state, "open")
    }
  })

  it("comes back within the time that a server names before it goes away", async () => {
    const { client, platform } = await opened()
    platform.socket.receive({ type: "go-away", withinMs: 10_000 })
    platform.socket.end(4000)
    assert.strictEqual((client.connection.getSnapshot().retryAtMs ?? 0) - platform.now, 5_000)
  })

  it("asks the HTTP half why it was refused, and believes a 401", async () => {
    const { client, platform } = virtualClient()
    platform.answer = () => Response.json({ code: "unauthorized", detail: "no such key", retry: "never" }, { status: 401 })
    client.connect()
    await settled()
    platform.socket.end(1006)
    await settled()
    const { error, state } = client.connection.getSnapshot()
    assert.strictEqual(state, "refused")
    assert.ok(error instanceof ParleyApiError && error.message === "no such key")
    await platform.advance(3_600_000)
    assert.strictEqual(platform.sockets.length, 1)
  })

  it("pings a silent server, and gives up one that does not answer", async () => {
    const { client, platform } = await opened()
    await platform.advance(30_000)
    assert.deepStrictEqual(platform.socket.frames().at(-1), { type: "ping" })
    platform.socket.receive({ type: "pong" })
    await platform.advance(29_000)
    assert.strictEqual(client.connection.getSnapshot().state, "open")
    await platform.advance(11_000)
    assert.strictEqual(client.connection.getSnapshot().state, "waiting")
  })

  it("knows after an hour's sleep that the connection is dead, and dials at once when woken", async () => {
    const { client, platform } = await opened()
    platform.sleep(3_600_000)
    platform.wake()
    assert.strictEqual(client.connection.getSnapshot().state, "waiting")
    platform.wake()
    await settled()
    assert.strictEqual(platform.sockets.length, 2)
  })

  it("waits for the network, and tries all the same now and then", async () => {
    const { client, platform } = await opened()
    platform.goOffline()
    assert.strictEqual(client.connection.getSnapshot().state, "open")
    platform.socket.end(1006)
    assert.strictEqual(client.connection.getSnapshot().state, "offline")
    await platform.advance(15_000)
    assert.strictEqual(platform.sockets.length, 2)
    platform.socket.end(1006)
    platform.wake()
    await settled()
    assert.strictEqual(platform.sockets.length, 3)
  })

  it("doubts at once what is open when the network is said to be gone, until the server answers, and for 2 s at most", async () => {
    const { client, platform } = await opened()
    const told: Array<boolean> = []
    client.connection.subscribe(() => told.push(client.connection.getSnapshot().isDoubtful))
    platform.goOffline()
    assert.deepStrictEqual(told, [true])
    assert.strictEqual(client.connection.getSnapshot().state, "open")
    platform.socket.receive({ type: "pong" })
    assert.deepStrictEqual(told, [true, false])
    await platform.advance(10_000)
    assert.strictEqual(client.connection.getSnapshot().state, "open")
    platform.goOffline()
    await platform.advance(1_999)
    // What was on its way already.
    platform.socket.receive({ type: "from-the-future" })
    assert.isTrue(client.connection.getSnapshot().isDoubtful)
    await platform.advance(1)
    const { isDoubtful, state } = client.connection.getSnapshot()
    assert.deepStrictEqual([state, isDoubtful], ["offline", false])
  })

  it("doubts a welcome that comes after the network is said to be gone, until the server answers, and for 2 s at most", async () => {
    for (const answers of [true, false]) {
      const { client, platform } = virtualClient()
      client.connect()
      await settled()
      platform.goOffline()
      platform.socket.receive(welcome)
      assert.isTrue(client.connection.getSnapshot().isDoubtful)
      if (answers) platform.socket.receive({ type: "pong" })
      await platform.advance(2_000)
      const { isDoubtful, state } = client.connection.getSnapshot()
      assert.deepStrictEqual([state, isDoubtful], [answers ? "open" : "offline", false])
    }
  })

  it("ignores frames of types it does not know, and leaves a server that it cannot read", async () => {
    const { client, errors, platform } = await opened()
    platform.socket.receive({ type: "from-the-future", anything: 1 })
    assert.strictEqual(client.connection.getSnapshot().state, "open")
    for (const text of ["{", "[]", '{"type":"room"}', JSON.stringify({ type: "delta", conversationId, runId: 1 })]) {
      platform.socket.receive(text)
      assert.strictEqual(client.connection.getSnapshot().state, "waiting", text)
      platform.wake()
      await settled()
      platform.socket.receive(welcome)
    }
    assert.strictEqual(errors.length, 4)
  })

  it("gives up a dial that is not welcomed, and says what is missing where there is no WebSocket", async () => {
    const { client, platform } = virtualClient()
    client.connect()
    await platform.advance(15_000)
    assert.strictEqual(client.connection.getSnapshot().state, "waiting")
    const without = virtualClient({ platform: { ...new VirtualPlatform(), WebSocket: undefined } })
    without.client.connect()
    await settled()
    assert.include(without.client.connection.getSnapshot().error?.message ?? "", "there is no WebSocket")
  })

  it("tells whoever waits for a message to be taken that no connection comes by itself, before or after", async () => {
    const faultOf = (sent: Sent) =>
      sent.accepted().then(
        () => "none",
        (error: unknown) => (error instanceof ParleyConnectionError ? error.fault : error)
      )
    const without = virtualClient({ platform: { ...new VirtualPlatform(), WebSocket: undefined } })
    const sent = without.client.begin().send("Hello")
    assert.strictEqual(await faultOf(sent), "refused")
    assert.strictEqual(await faultOf(sent), "refused")
    const { client } = await opened()
    const waiting = faultOf(client.begin().send("Hello"))
    client.close()
    assert.strictEqual(await waiting, "closed")
    assert.strictEqual(await faultOf(client.begin().send("Hello")), "closed")
  })

  it("a listener that throws hurts nobody else", async () => {
    const { client, errors, platform } = await opened()
    let told = 0
    client.connection.subscribe(() => {
      throw new Error("a listener's own")
    })
    client.connection.subscribe(() => void told++)
    platform.socket.end(1006)
    assert.isAbove(told, 0)
    assert.strictEqual(errors.length, told)
  })
})
