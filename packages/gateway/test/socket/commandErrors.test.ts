import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Busy, Conflict, NotFound, Unavailable } from "@parley/domain/Errors"
import type { ConversationError } from "@parley/domain/Errors"
import { turn } from "../support/socketBench.ts"
import { scene, sendFrame, types, unknownConversation, unknownRun } from "../support/socketScene.ts"

describe("errors of commands", () => {
  const table: ReadonlyArray<readonly [string, ConversationError, string, string]> = [
    ["not yours or unknown", new NotFound({ message: "m", resource: "conversation" }), "not_found", "never"],
    ["a run is active", new Conflict({ message: "m" }), "conflict", "never"],
    ["a mailbox is full", new Busy({ message: "m", retryAfterMs: 70 }), "busy", "later"],
    [
      "it may have happened",
      new Unavailable({ message: "m", retryAfterMs: 70, workMayHaveHappened: true }),
      "unavailable",
      "same-id"
    ],
    ["nothing was done", new Unavailable({ message: "m", retryAfterMs: 70, workMayHaveHappened: false }), "unavailable", "later"]
  ]
  for (const [name, error, code, retry] of table) {
    it.effect(`${name}: ${code}, retry ${retry}`, () =>
      scene((bench, socket, conversationId) =>
        Effect.gen(function* () {
          bench.conversations.before = () => Effect.fail(error)
          socket.write(sendFrame(conversationId, "1"))
          yield* turn
          const [frame] = socket.frames
          assert.isTrue(frame?.type === "error")
          if (frame?.type !== "error") return
          assert.strictEqual(frame.id, "1")
          assert.strictEqual(frame.code, code)
          assert.strictEqual(frame.retry, retry)
          assert.strictEqual(frame.retryAfterMs, "retryAfterMs" in error ? 70 : undefined)
          assert.strictEqual(frame.requestId, bench.conversations.calls[0]?.caller.requestId)
        })
      )
    )
  }

  it.effect("an unknown conversation is not found, for every command", () =>
    scene((_, socket) =>
      Effect.gen(function* () {
        const conversationId = unknownConversation
        const messageId = `msg_${"0".repeat(26)}`
        const ask = { clientMessageId: "c", messageId, content: [{ type: "text", text: "x" }] }
        for (const type of ["send", "regenerate", "edit", "cancel", "follow", "subscribe"]) {
          socket.write({ type, id: type, conversationId, runId: unknownRun, ...ask })
        }
        yield* turn
        for (const frame of socket.frames) assert.isTrue(frame.type === "error" && frame.code === "not_found")
        assert.strictEqual(socket.frames.length, 6)
      })
    )
  )

  it.effect("a run that is unknown is gone", () =>
    scene((_, socket, conversationId) =>
      Effect.gen(function* () {
        socket.write({ type: "subscribe", id: "1", conversationId, runId: unknownRun })
        yield* turn
        assert.deepStrictEqual(types(socket), ["gone", "caught-up", "done"])
      })
    )
  )

  it.effect("a defect is an internal error that may have happened, and the socket lives on", () =>
    scene((bench, socket, conversationId) =>
      Effect.gen(function* () {
        bench.conversations.before = () => Effect.die(new Error("secret"))
        socket.write(sendFrame(conversationId, "1"))
        yield* turn
        bench.conversations.before = () => Effect.void
        socket.write(sendFrame(conversationId, "2"))
        yield* turn
        assert.deepStrictEqual(types(socket), ["error", "accepted"])
        const [frame] = socket.frames
        assert.isTrue(frame?.type === "error" && frame.code === "internal" && frame.retry === "same-id")
        assert.notInclude(socket.sent[0], "secret")
      })
    )
  )

  it.effect("a follow that failed holds nothing", () =>
    scene((bench, socket, conversationId) =>
      Effect.gen(function* () {
        bench.conversations.before = (method) =>
          method.startsWith("subscribe")
            ? Effect.fail(new Unavailable({ message: "m", retryAfterMs: 1, workMayHaveHappened: false }))
            : Effect.void
        socket.write({ type: "follow", id: "1", conversationId })
        socket.write({ type: "subscribe", id: "2", conversationId, runId: unknownRun })
        yield* turn
        assert.deepStrictEqual(types(socket), ["error", "error"])
        assert.strictEqual(bench.conversations.followers.size, 0)
      })
    )
  )
})
