/** What the tests of a socket's commands begin with. */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import type { ConversationId } from "@parley/domain/Ids"
import { SocketBench, turn } from "./socketBench.ts"
import type { FakeSocket } from "./socketBench.ts"

export const sendFrame = (conversationId: ConversationId, id: string, clientMessageId = `c-${id}`) => ({
  type: "send",
  id,
  conversationId,
  clientMessageId,
  content: [{ type: "text", text: "hello" }]
})
export const unknownRun = `run_${"0".repeat(26)}`
export const unknownConversation = `cnv_${"0".repeat(26)}`

/** A door, one conversation and one socket. */
export const scene = <A, E, R>(
  test: (bench: SocketBench, socket: FakeSocket, conversationId: ConversationId) => Effect.Effect<A, E, R>
) => {
  const bench = new SocketBench()
  return Effect.gen(function* () {
    const conversationId = yield* bench.conversations.addConversation()
    const socket = yield* bench.connect()
    yield* turn
    socket.sent.length = 0
    return yield* test(bench, socket, conversationId)
  }).pipe(Effect.provide(bench.layer()))
}

export const types = (socket: FakeSocket) => socket.frames.map((frame) => frame.type)
export const runOf = (bench: SocketBench) => {
  const run = [...bench.conversations.runs.values()].at(-1)
  assert.isDefined(run)
  return run
}
