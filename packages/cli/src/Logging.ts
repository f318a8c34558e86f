/** One line an entry: JSON for machines, colours for people. Trace and span ids are on every line that has them. */
import { Context, Layer, Logger, Option, References, Tracer } from "effect"
import type { Settings } from "./Settings.ts"

/** The structured entry with `traceId` and `spanId` beside the annotations, so that a line is found from its trace. */
const json = Logger.make<unknown, void>((options) => {
  const entry = Logger.formatStructured.log(options)
  const span = Context.getOrUndefined(options.fiber.context, Tracer.ParentSpan)
  const { annotations, cause, level, message, timestamp } = entry
  process.stdout.write(
    `${JSON.stringify({
      timestamp,
      level,
      message,
      ...annotations,
      ...(span === undefined ? {} : { traceId: span.traceId, spanId: span.spanId }),
      ...(cause === undefined ? {} : { cause })
    })}\n`
  )
})

export const layerLogging = (settings: Settings) => {
  const format = Option.getOrElse(settings.logFormat, () => (process.stdout.isTTY ? "pretty" : "json"))
  return Layer.mergeAll(
    Logger.layer([format === "json" ? json : Logger.consolePretty()]),
    Layer.succeed(References.MinimumLogLevel, settings.logLevel)
  )
}
