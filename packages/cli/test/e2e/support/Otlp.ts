/** An OTLP/HTTP receiver: keeps the spans that it is sent. */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { Effect, Schema, type Scope } from "effect"

const Attribute = Schema.Struct({ key: Schema.String, value: Schema.Record(Schema.String, Schema.Unknown) })
const Span = Schema.Struct({
  traceId: Schema.String,
  spanId: Schema.String,
  parentSpanId: Schema.optionalKey(Schema.String),
  name: Schema.String,
  attributes: Schema.Array(Attribute)
})
export type OtlpSpan = typeof Span.Type

const Export = Schema.Struct({
  resourceSpans: Schema.Array(Schema.Struct({ scopeSpans: Schema.Array(Schema.Struct({ spans: Schema.Array(Span) })) }))
})
const decode = Schema.decodeUnknownSync(Schema.fromJsonString(Export))

export interface OtlpReceiver {
  readonly endpoint: string
  readonly spans: ReadonlyArray<OtlpSpan>
  /** The first span that fits, once it has arrived. */
  readonly span: (fits: (span: OtlpSpan) => boolean) => Promise<OtlpSpan>
}

export const startOtlpReceiver: Effect.Effect<OtlpReceiver, never, Scope.Scope> = Effect.gen(function* () {
  const spans: Array<OtlpSpan> = []
  const watchers = new Set<() => void>()
  const server = createServer((request, response) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      const { resourceSpans } = decode(Buffer.concat(chunks).toString())
      spans.push(...resourceSpans.flatMap((resource) => resource.scopeSpans.flatMap((scope) => scope.spans)))
      response.writeHead(200, { "content-type": "application/json" }).end("{}")
      for (const watcher of [...watchers]) watcher()
    })
  })
  yield* Effect.acquireRelease(
    Effect.callback<void>((resume) => {
      server.listen(0, "127.0.0.1", () => resume(Effect.void))
    }),
    () =>
      Effect.sync(() => {
        server.close()
        server.closeAllConnections()
      })
  )
  const { port } = server.address() as AddressInfo
  return {
    endpoint: `http://127.0.0.1:${port}`,
    spans,
    span: (fits) =>
      new Promise((resolve) => {
        const look = (): void => {
          const found = spans.find(fits)
          if (found === undefined) return
          watchers.delete(look)
          resolve(found)
        }
        watchers.add(look)
        look()
      })
  }
})
