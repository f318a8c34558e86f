import { assert, describe, it } from "@effect/vitest"
import { Effect, Result, Schema } from "effect"
import { ClientFrame } from "@parley/domain/SocketProtocol"
import { RunFrame } from "@parley/domain/RunFrame"
import { isTerminal } from "@parley/domain/RunEvent"
import { isDeeperThan } from "../../src/socket/jsonDepth.ts"
import { endedRun } from "../../src/socket/endedRun.ts"
import { maxJsonDepth } from "../../src/bodyLimits.ts"
import { readFrame } from "../../src/socket/readFrame.ts"
import { SocketBench, turn } from "../support/socketBench.ts"

const encode = Schema.encodeSync(Schema.fromJsonString(ClientFrame))
const encodeRun = Schema.encodeSync(Schema.fromJsonString(RunFrame))

describe("reading frames", () => {
  it.prop("any frame of the protocol is read as what it was", [ClientFrame], ([frame]) => {
    const text = encode(frame)
    const read = readFrame(text)
    // Only a tool's own schema can be nested deeper than the bound.
    if (Result.isFailure(read)) assert.isTrue(isDeeperThan(text, maxJsonDepth))
    else assert.deepStrictEqual(encode(read.success), text)
  })

  it("an acknowledgement reads the same in whatever order and spacing it is written", () => {
    const ack = { type: "ack", conversationId: `cnv_${"0".repeat(26)}`, runId: `run_${"1".repeat(26)}`, seq: 12 }
    const { seq, ...rest } = ack
    for (const text of [JSON.stringify(ack), JSON.stringify(ack, null, 2), JSON.stringify({ seq, ...rest })]) {
      const read = readFrame(text)
      assert.isTrue(Result.isSuccess(read))
      if (Result.isSuccess(read)) assert.deepEqual<unknown>(read.success, ack)
    }
    for (const fault of [{ seq: 1.5 }, { seq: "1" }, { runId: "run_1" }, { conversationId: ack.runId }]) {
      assert.isTrue(Result.isFailure(readFrame(JSON.stringify({ ...ack, ...fault }))))
    }
  })

  it.prop(
    "no text at all makes it throw, and whatever is refused says why",
    [Schema.Union([Schema.String, Schema.Json])],
    ([value]) => {
      const read = readFrame(typeof value === "string" ? value : JSON.stringify(value))
      if (Result.isFailure(read)) assert.isAbove(read.failure.issues.length, 0)
    }
  )

  it.prop("the depth is that of the value, whatever its strings hold", [Schema.Json], ([value]) => {
    const depth = (value: unknown): number =>
      typeof value === "object" && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depth)) : 0
    const text = JSON.stringify({ text: '"[[{{\\', value })
    assert.isFalse(isDeeperThan(text, depth(value) + 1))
    assert.isTrue(isDeeperThan(text, depth(value)))
  })

  const table: ReadonlyArray<readonly [string, string, string | undefined, ReadonlyArray<string>]> = [
    ["not JSON", "{", undefined, [""]],
    ["an array", "[]", undefined, [""]],
    ["null", "null", undefined, [""]],
    ["no type", '{"id":"7"}', "7", ["type"]],
    ["an unknown type", '{"id":"7","type":"fly"}', "7", ["type"]],
    ["an id of another kind", '{"id":7,"type":"fly"}', undefined, ["type"]],
    ["nested without end", "[".repeat(1_000_000), undefined, [""]],
    [
      "faults in several places",
      '{"id":"7","type":"send","conversationId":"x","clientMessageId":"c","content":[{"type":"text","text":4}]}',
      "7",
      ["conversationId", "content[0].text"]
    ]
  ]
  for (const [name, text, id, paths] of table) {
    it(`${name} is refused with the path of each fault`, () => {
      const read = readFrame(text)
      assert.isTrue(Result.isFailure(read))
      if (Result.isFailure(read)) {
        assert.strictEqual(read.failure.id, id)
        assert.deepStrictEqual(
          read.failure.issues.map((issue) => issue.path),
          paths
        )
      }
    })
  }

  it.effect("five malformed frames close the socket with 4500, each answered before; four do not", () => {
    const bench = new SocketBench()
    return Effect.gen(function* () {
      const socket = yield* bench.connect()
      for (const frame of ["{", "[]", '{"type":"ack"}', new Uint8Array([1])]) socket.wire?.message(frame)
      socket.write({ type: "ping" })
      yield* turn
      assert.isFalse(socket.closed)
      socket.write("")
      socket.write({ type: "ping" })
      yield* turn
      assert.strictEqual(socket.closeCode, 4500)
      assert.deepStrictEqual(
        socket.frames.map((frame) => (frame.type === "error" ? frame.code : frame.type)),
        ["welcome", ...Array.from({ length: 4 }, () => "invalid_request"), "pong", "invalid_request"]
      )
      const fault = socket.frames[3]
      assert.isTrue(fault?.type === "error" && fault.issues?.some((issue) => issue.path === "runId") === true)
    }).pipe(Effect.provide(bench.layer()))
  })
})

describe("which run a frame ends", () => {
  it.prop("is told from its text as from its fields", [RunFrame], ([frame]) => {
    const isOver =
      frame.type === "closed" ||
      frame.type === "gone" ||
      (frame.type === "delta" && frame.events.some(isTerminal)) ||
      (frame.type === "snapshot" && frame.state.terminal !== null)
    assert.strictEqual(endedRun(encodeRun(frame)), isOver ? frame.runId : undefined)
  })

  it("an answer that speaks of the protocol ends nothing", () => {
    const frame = Schema.decodeUnknownSync(RunFrame)({
      type: "delta",
      conversationId: `cnv_${"0".repeat(26)}`,
      runId: `run_${"0".repeat(26)}`,
      epoch: `epo_${"0".repeat(26)}`,
      seq: 1,
      count: 1,
      events: [{ type: "text-delta", text: '{"type":"run-complete","finishReason":"stop"}' }]
    })
    assert.isUndefined(endedRun(encodeRun(frame)))
  })
})
