import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { freshDatabase } from "../../../../test/support/freshDatabase.ts"
import { startOpenaiWire } from "../../../providers/test/wire/openaiWire.ts"
import { answer } from "../../../providers/test/wire/WireServer.ts"
import { createConversation } from "./support/api.ts"
import { connect, runView } from "./support/ChatClient.ts"
import { startOtlpReceiver, type OtlpSpan } from "./support/Otlp.ts"
import { startParley } from "./support/startParley.ts"

/** The client's own span, in its trace. */
const clientSpanId = "00f067aa0ba902b7"

/** From a span up to the topmost that was exported. */
const upFrom = (spans: ReadonlyArray<OtlpSpan>, from: OtlpSpan): ReadonlyArray<OtlpSpan> => {
  const byId = new Map<string, OtlpSpan>(spans.map((span) => [span.spanId, span]))
  const path: Array<OtlpSpan> = []
  for (let span: OtlpSpan | undefined = from; span !== undefined; span = byId.get(span.parentSpanId ?? "")) path.push(span)
  return path
}

describe("one message over the socket", () => {
  it.live("is one trace from the client's span to the provider's call, and every log line of it has the request id", () =>
    Effect.gen(function* () {
      const wire = yield* startOpenaiWire
      const collector = yield* startOtlpReceiver
      const database = yield* freshDatabase
      const parley = yield* startParley({
        DATABASE_URL: Redacted.value(database),
        OPENAI_API_KEY: "sk-wire",
        OPENAI_BASE_URL: wire.baseUrl,
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
        PARLEY_LOG_LEVEL: "Debug"
      })
      const traceId = "4bf92f3577b34da6a3ce929d0e0e4736"
      const conversation = yield* createConversation(parley, { model: "openai/gpt-5" })
      const client = yield* connect(parley.socketUrl, parley.key, {
        "x-request-id": "req-of-the-test",
        traceparent: `00-${traceId}-${clientSpanId}-01`
      })
      wire.enqueue(answer("Traced."))
      const accepted = yield* Effect.promise(() =>
        client.command({
          type: "send",
          conversationId: conversation.id,
          clientMessageId: "one",
          content: [{ type: "text", text: "Hello" }]
        })
      )
      assert.ok(accepted.type === "accepted" && accepted.run !== null)
      const view = runView(conversation.id, accepted.run.runId)
      yield* Effect.promise(() => client.follow(view))
      yield* Effect.promise(() => client.until(() => view.terminals[0]))

      const call = yield* Effect.promise(() =>
        collector.span((span) => span.traceId === traceId && span.name.startsWith("chat "))
      )
      yield* Effect.promise(() => collector.span((span) => span.traceId === traceId && span.name === "socket.send"))
      yield* Effect.promise(() => collector.span((span) => span.traceId === traceId && span.name === "conversation.run"))
      const path = upFrom(collector.spans, call)
      const names = path.map(({ name }) => name)
      assert.include(names, "conversation.run")
      assert.include(names, "socket.send")
      assert.strictEqual(path.at(-1)?.parentSpanId, clientSpanId)

      // The provider sees the same trace.
      assert.include(String(wire.requests[0]?.headers["traceparent"]), traceId)

      // A line is the message's if it says so by any of these: one that had lost the trace would be found by the run.
      yield* parley.logged("An answer ended")
      const ofMessage = { traceId, conversationId: conversation.id, runId: accepted.run.runId }
      const lines = parley.log.filter((line) => Object.entries(ofMessage).some(([name, value]) => line[name] === value))
      assert.isAbove(lines.length, 0)
      for (const line of lines) {
        assert.ok(String(line["requestId"] ?? "").startsWith("req-of-the-test"), JSON.stringify(line))
      }

      // The same beneath a request of HTTP's own, which no socket carries.
      const otherTraceId = "0af7651916cd43dd8448eb211c80319c"
      wire.enqueue(answer("Traced too."))
      const completion = yield* Effect.promise(() =>
        fetch(`${parley.url}/v1/chat/completions`, {
          method: "POST",
          headers: {
            authorization: `Bearer ${parley.key}`,
            "content-type": "application/json",
            traceparent: `00-${otherTraceId}-${clientSpanId}-01`
          },
          body: JSON.stringify({ model: "openai/gpt-5", messages: [{ role: "user", content: "Hello" }] })
        })
      )
      assert.strictEqual(completion.status, 200)
      const spanNamed = (name: string) =>
        Effect.promise(() => collector.span((span) => span.traceId === otherTraceId && span.name.startsWith(name)))
      const asked = yield* spanNamed("chat gpt-5")
      const served = yield* spanNamed("POST")
      assert.include(upFrom(collector.spans, asked), served)
      assert.strictEqual(served.parentSpanId, clientSpanId)
    })
  )
})
