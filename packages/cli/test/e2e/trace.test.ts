import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { freshDatabase } from "../../../../test/support/freshDatabase.ts"
import { startOpenaiWire } from "../../../providers/test/wire/openaiWire.ts"
import { answer } from "../../../providers/test/wire/WireServer.ts"
import { createConversation } from "./support/api.ts"
import { connect, runView } from "./support/ChatClient.ts"
import { startOtlpReceiver, type OtlpSpan } from "./support/Otlp.ts"
import { startParley } from "./support/startParley.ts"

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
        traceparent: `00-${traceId}-00f067aa0ba902b7-01`
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
        collector.span((span) => span.traceId === traceId && span.name.startsWith("provider.call"))
      )
      yield* Effect.promise(() => collector.span((span) => span.traceId === traceId && span.name === "socket.send"))
      yield* Effect.promise(() => collector.span((span) => span.traceId === traceId && span.name === "conversation.run"))
      const byId = new Map<string, OtlpSpan>(collector.spans.map((span) => [span.spanId, span]))
      const names: Array<string> = []
      for (let span: OtlpSpan | undefined = call; span !== undefined; span = byId.get(span.parentSpanId ?? ""))
        names.push(span.name)
      assert.include(names, "conversation.run")
      assert.include(names, "socket.send")

      // The provider sees the same trace.
      assert.include(String(wire.requests[0]?.headers["traceparent"]), traceId)

      const lines = parley.log.filter((line) => line["traceId"] === traceId)
      assert.isAbove(lines.length, 0)
      for (const line of lines) {
        assert.ok(String(line["requestId"] ?? "").startsWith("req-of-the-test"), JSON.stringify(line))
      }
    })
  )
})
