import { assert, describe, it } from "@effect/vitest"
import type { ListChange } from "../../src/sdk.ts"
import { conversationId } from "../support/ModelServer.ts"
import { settled } from "../support/VirtualPlatform.ts"
import { answer, opened, virtualClient, welcome } from "../support/virtualClient.ts"

const moved = { type: "moved", conversationId, atMs: 7 }

describe("the list of conversations", () => {
  it("is asked for on every connection, and is to be read whole after each; then what changes is told", async () => {
    const { client, platform } = virtualClient()
    const told: Array<ListChange> = []
    client.onListChange((change) => told.push(change))
    await settled()
    platform.socket.receive(welcome)
    await settled()
    assert.deepStrictEqual(told, [], "not before the server has begun")
    await answer(platform.socket, "follow-list", { type: "done" })
    platform.socket.receive({ type: "list-changed", change: moved })
    platform.socket.receive({ type: "list-changed", change: { type: "from-the-future" } })
    assert.strictEqual(JSON.stringify(told[1]), JSON.stringify(moved))
    platform.socket.end(1006)
    await platform.advance(20_000)
    platform.socket.receive(welcome)
    await settled()
    await answer(platform.socket, "follow-list", { type: "done" })
    assert.deepStrictEqual(
      told.map(({ type }) => String(type)),
      ["all", "moved", "from-the-future", "all"]
    )
  })

  it("is asked for once by all who listen, by nobody when nobody does, and a listener that throws hurts only itself", async () => {
    const { client, errors, platform } = await opened()
    const asked = () => platform.socket.frames().filter(({ type }) => type === "follow-list").length
    assert.strictEqual(asked(), 0)
    const told: Array<ListChange> = []
    client.onListChange(() => {
      throw new Error("mine")
    })
    const stop = client.onListChange((change) => told.push(change))
    await answer(platform.socket, "follow-list", { type: "done" })
    assert.strictEqual(asked(), 1)
    assert.deepStrictEqual([told.length, errors.length], [1, 1])
    stop()
    platform.socket.receive({ type: "list-changed", change: moved })
    assert.deepStrictEqual([told.length, errors.length], [1, 2])
  })
})
