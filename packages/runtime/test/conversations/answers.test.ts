import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Option } from "effect"
import { ProviderTruncated } from "@parley/domain/ProviderError"
import { TestClock } from "effect/testing"
import { conversationWorld } from "./world.ts"
import { clientMessageId, FoldingClient, settle, text, until } from "./harness.ts"

describe("an answer", () => {
  it.effect("is stored as it was told, with one terminal, and its room hears of it", () =>
    Effect.gen(function* () {
      const world = yield* conversationWorld()
      const conversation = yield* world.create()
      const client = new FoldingClient()
      const follower = yield* world.follow(conversation.id, client.port)
      yield* follower.subscribeRoom()
      const accepted = yield* world.send(conversation.id, "c1", "Hello?")
      assert.isNotNull(accepted.run)
      assert.isFalse(accepted.duplicate)
      const call = yield* world.provider.call(0)
      assert.deepStrictEqual(call.request.messages, [{ role: "user", content: text("Hello?") }])
      call.say("Hel")
      assert.strictEqual(client.text, "Hel", "the first words go at once")
      call.say("lo")
      call.say(" there")
      assert.strictEqual(client.text, "Hel")
      world.loop.turn()
      assert.strictEqual(client.text, "Hello there", "the rest once per turn")
      yield* call.complete()
      yield* until("terminal", () => client.terminals.length > 0)
      assert.deepStrictEqual(client.terminals, [{ type: "run-complete", finishReason: "stop" }])
      const stored = yield* world.message(conversation.id, accepted.run?.messageId)
      assert.deepStrictEqual(stored.content, client.content)
      assert.strictEqual(stored.lastSeq, client.last)
      assert.strictEqual(stored.status, "complete")
      yield* until("room", () =>
        client.roomFrames.some((frame) => frame.type === "room" && frame.event.type === "message-closed")
      )
      const seqs = client.roomFrames.flatMap((frame) => (frame.type === "room" ? [frame.seq] : []))
      assert.deepStrictEqual(seqs, [1, 2, 3, 4])
    })
  )
})
