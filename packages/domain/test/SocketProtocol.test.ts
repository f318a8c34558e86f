import { assert, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { ClientFrame, CloseCode, ServerFrame } from "../src/SocketProtocol.ts"

const decodeClient = Schema.decodeUnknownEffect(Schema.fromJsonString(ClientFrame))

it.effect("a frame of each type is read, and a field that is missing or of another kind is refused", () =>
  Effect.gen(function* () {
    const conversationId = `cnv_${"0".repeat(26)}`
    const runId = `run_${"0".repeat(26)}`
    const good = [
      { type: "send", id: "1", conversationId, clientMessageId: "c1", content: [{ type: "text", text: "hi" }] },
      { type: "cancel", id: "2", conversationId, runId },
      { type: "follow", id: "3", conversationId },
      { type: "subscribe", id: "4", conversationId, runId, afterSeq: 3 },
      { type: "ack", conversationId, runId, seq: 3 },
      { type: "typing", conversationId, typing: true },
      { type: "ping" }
    ]
    for (const frame of good) {
      const text = JSON.stringify(frame)
      assert.strictEqual((yield* decodeClient(text)).type, frame.type)
      for (const key of Object.keys(frame)) {
        const broken: Record<string, unknown> = { ...frame, [key]: { wrong: true } }
        const exit = yield* Effect.exit(decodeClient(JSON.stringify(broken)))
        assert.strictEqual(exit._tag, "Failure", `${frame.type}.${key}`)
      }
    }
  })
)

it("close codes say by their range whether to reconnect", () => {
  for (const name of ["goAway", "tooSlow", "busy"] as const) assert.isTrue(CloseCode[name] >= 4000 && CloseCode[name] < 4500)
  for (const name of ["protocolError", "unauthorized", "gone"] as const) {
    assert.isTrue(CloseCode[name] >= 4500 && CloseCode[name] < 5000)
  }
})

const encodeServer = Schema.encodeSync(Schema.fromJsonString(ServerFrame))
const decodeServer = Schema.decodeUnknownSync(Schema.fromJsonString(ServerFrame))

it.prop("any server frame is the same after its encoding", [ServerFrame], ([frame]) => {
  const text = encodeServer(frame)
  assert.strictEqual(encodeServer(decodeServer(text)), text)
})
