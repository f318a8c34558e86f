/** The span of a request: one, in the caller's trace, low in cardinality, without secrets. */
import { Effect, Layer, Option, Tracer } from "effect"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { engines } from "../server/support/engines.ts"
import { doorKeys } from "../support/doorKeys.ts"
import { startDoors, type Doors } from "../support/startDoors.ts"

const traceId = "0af7651916cd43dd8448eb211c80319c"
const spanId = "b7ad6b7169203331"

describe.each(engines)("the span of a request, on %s", (engine) => {
  const spans: Array<Tracer.NativeSpan> = []
  let doors: Doors
  beforeAll(async () => {
    const tracer = Tracer.make({
      span: (options) => {
        const span = new Tracer.NativeSpan(options)
        spans.push(span)
        return span
      }
    })
    doors = await startDoors(engine, Layer.succeed(Tracer.Tracer, tracer))
  })
  afterAll(() => doors.close())
  beforeEach(() => {
    spans.length = 0
    doors.completions.reset()
  })

  /** A span ends after its answer has left. */
  const ended = async () => {
    while (spans.length === 0 || spans.some((span) => span.status._tag !== "Ended"))
      await new Promise((resolve) => setImmediate(resolve))
    const [span] = spans
    if (span === undefined) throw new Error("no span")
    return span
  }

  it.each([false, true])(
    "goes on with the caller's trace and names its request, route and status (streaming: %s)",
    async (stream) => {
      let inside: Tracer.AnySpan | undefined
      const { script } = doors.completions
      doors.completions.script = (request, sink, control) =>
        Effect.andThen(
          Effect.map(Effect.currentParentSpan, (span) => (inside = span)),
          script(request, sink, control)
        ).pipe(Effect.orDie)
      await doors.ask(
        "POST",
        "/v1/chat/completions",
        { model: "demo/echo-1", stream, messages: [{ role: "user", content: "Hello" }] },
        { traceparent: `00-${traceId}-${spanId}-01`, "x-request-id": "mine.7" }
      )
      const span = await ended()
      expect([span.kind, span.traceId, Option.getOrUndefined(span.parent)?.spanId]).toEqual(["server", traceId, spanId])
      expect(Object.fromEntries(span.attributes)).toMatchObject({
        requestId: "mine.7",
        "http.route": "/v1/chat/completions",
        "http.request.method": "POST",
        "http.response.status_code": 200
      })
      expect(inside?.spanId).toBe(span.spanId)
    }
  )

  it("has the route's pattern, not the path, and no key", async () => {
    await doors.ask("GET", `/api/conversations/cnv_${"0".repeat(26)}`, undefined, { "x-api-key": doorKeys.chat })
    const span = await ended()
    expect(span.attributes.get("http.route")).toBe("/api/conversations/:id")
    expect(span.attributes.get("http.response.status_code")).toBe(404)
    expect(span.name).not.toContain("cnv_")
    expect(JSON.stringify([...span.attributes])).not.toContain("pk_")
  })

  it("is made for what has no route too", async () => {
    await doors.ask("GET", "/api/nothing", undefined, { "x-request-id": "mine.8" })
    const span = await ended()
    expect([span.attributes.get("requestId"), span.attributes.get("http.response.status_code")]).toEqual(["mine.8", 404])
  })
})
