/** Spans to an OTLP/HTTP collector, when one is named. Without one nothing of OpenTelemetry is loaded. */
import { Effect, Layer, Option } from "effect"
import type { Settings } from "./Settings.ts"

/** Longest that the last spans may take to leave when the program stops. */
const flushTimeoutMs = 3_000
/** Spans that wait for export; past it the oldest batch rules of the SDK drop new ones. */
const maxQueuedSpans = 8_192
/** Milliseconds between two exports. */
const exportIntervalMs = 1_000

const exporting = (endpoint: string) =>
  Layer.unwrap(
    Effect.promise(async () => {
      const [{ OTLPTraceExporter }, { BasicTracerProvider, BatchSpanProcessor }, OtelTracer, Resource] = await Promise.all([
        import("@opentelemetry/exporter-trace-otlp-http"),
        import("@opentelemetry/sdk-trace-base"),
        import("@effect/opentelemetry/OtelTracer"),
        import("@effect/opentelemetry/Resource")
      ])
      const provider = Layer.effect(
        OtelTracer.OtelTracerProvider,
        Effect.gen(function* () {
          const resource = yield* Resource.Resource
          return yield* Effect.acquireRelease(
            Effect.sync(
              () =>
                new BasicTracerProvider({
                  resource,
                  spanProcessors: [
                    new BatchSpanProcessor(new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, "")}/v1/traces` }), {
                      maxQueueSize: maxQueuedSpans,
                      scheduledDelayMillis: exportIntervalMs
                    })
                  ]
                })
            ),
            (tracerProvider) =>
              Effect.promise(() => tracerProvider.forceFlush().finally(() => tracerProvider.shutdown())).pipe(
                Effect.ignore,
                Effect.timeoutOption(flushTimeoutMs)
              )
          )
        })
      )
      return OtelTracer.layer.pipe(Layer.provide(provider), Layer.provideMerge(Resource.layer({ serviceName: "parley" })))
    })
  )

export const layerTelemetry = (settings: Settings) =>
  Option.isSome(settings.otlpEndpoint) ? exporting(settings.otlpEndpoint.value) : Layer.empty
