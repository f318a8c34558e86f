/** How long a client waits until it dials again: no two the same, and none without rest. */
import { assert, describe, it } from "@effect/vitest"
import { defaultLimits } from "../../src/ClientOptions.ts"
import { pauseMs } from "../../src/connection/pause.ts"
import { settled, seeded, VirtualPlatform } from "../support/VirtualPlatform.ts"
import { opened } from "../support/virtualClient.ts"

describe("the pause before a client comes back", () => {
  it("spreads a thousand clients that were lost together over the whole of their bound", () => {
    const boundMs = defaultLimits.firstPauseMs * 2 ** 3
    const tenths = Array.from({ length: 10 }, () => 0)
    for (let client = 0; client < 1_000; client++) {
      const tenth = Math.floor((pauseMs(3, defaultLimits, seeded(client)) / boundMs) * 10)
      tenths[tenth] = (tenths[tenth] ?? 0) + 1
    }
    // A hundred each on the average: what comes in steps, or in one heap, misses that by far.
    assert.strictEqual(tenths.length, 10)
    for (const clients of tenths) assert.isTrue(clients > 60 && clients < 140, tenths.join(" "))
  })

  it("is no shorter than its least where chance is against it: a server that is away is not dialled without rest", async () => {
    const platform = new VirtualPlatform(() => 0)
    const { client } = await opened({ limits: { shortestPauseMs: 50 } }, platform)
    const before = platform.sockets.length
    const tooMany = 1_000
    platform.onSocket = (socket) => {
      if (platform.sockets.length < tooMany) queueMicrotask(() => socket.end(1006))
    }
    platform.socket.end(1006)
    await settled()
    await platform.advance(5_000)
    assert.isAtMost(platform.sockets.length - before, 5_000 / 50)
    assert.isAbove(platform.sockets.length - before, 10)
    client.close()
  })
})
