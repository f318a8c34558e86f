/**
 * Histograms of calls to models, by OpenTelemetry's semantic conventions for generative AI clients. A call is recorded once, when it has ended:
 * one to one target, so a request that was tried again is several. Callers choose the names of models, so the series are bounded: models that
 * never answered and that no route names share one of their provider's.
 */
import { Cause, Exit, Metric } from "effect"
import type { Context } from "effect"
import type { ProviderError } from "@parley/domain/ProviderError"

/** Models with series of their own, in this process. */
export const maxModelSeries = 200
const sharedModel = "other"

export interface ModelCall {
  readonly operation: "chat" | "embeddings"
  readonly provider: string
  readonly model: string
  /** A route names it. */
  readonly isNamed: boolean
  readonly tookMs: number
}

interface Used {
  readonly inputTokens: number
  readonly outputTokens?: number
}

type ModelSeries = ReturnType<typeof seriesOf>
type ProviderSeries = Partial<Record<ModelCall["operation"], ModelSeries>>

/** Tells of calls that have ended; one for a process. Calls that were refused without being made are not told to it. */
export const makeGenAiMetrics = () => {
  const shared = new Map<string, ProviderSeries>()
  /** Of the models that have series of their own, by provider and model: looked up at every call, so nothing is put together for it. */
  const own = new Map<string, Map<string, ProviderSeries>>()
  let owners = 0

  const of = ({ isNamed, model, operation, provider }: ModelCall, hasAnswered: boolean): ModelSeries => {
    let models = own.get(provider)
    let series = models?.get(model)
    if (series === undefined && (hasAnswered || isNamed) && owners < maxModelSeries) {
      owners++
      series = {}
      if (models === undefined) own.set(provider, (models = new Map()))
      models.set(model, series)
    }
    if (series !== undefined) return (series[operation] ??= seriesOf(operation, provider, model))
    let others = shared.get(provider)
    if (others === undefined) shared.set(provider, (others = {}))
    return (others[operation] ??= seriesOf(operation, provider, sharedModel))
  }

  return (call: ModelCall, exit: Exit.Exit<Used, ProviderError>, context: Context.Context<never>): void => {
    const { duration, inputTokens, outputTokens } = of(call, Exit.isSuccess(exit))
    duration(Exit.isSuccess(exit) ? undefined : errorTypeOf(exit.cause)).updateUnsafe(call.tookMs / 1_000, context)
    if (!Exit.isSuccess(exit)) return
    // A provider that does not say what it used says 0, and the conventions ask for silence then.
    const { inputTokens: input, outputTokens: output = 0 } = exit.value
    if (input > 0) inputTokens.updateUnsafe(input, context)
    if (output > 0) outputTokens.updateUnsafe(output, context)
  }
}

/** The process's. */
export const recordModelCall = makeGenAiMetrics()

/** The boundaries are those of the conventions. */
const durationBoundaries = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92]
const tokenBoundaries = [1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864]

const seriesOf = (operation: ModelCall["operation"], provider: string, model: string) => {
  const attributes = {
    gen_ai_operation_name: operation,
    gen_ai_provider_name: provider,
    gen_ai_request_model: model
  }
  const durations = new Map<string | undefined, Metric.Histogram<number>>()
  const tokens = (type: "input" | "output") =>
    Metric.histogram("gen_ai_client_token_usage", {
      description: "Tokens of one call to a model, by their type",
      attributes: { ...attributes, gen_ai_token_type: type },
      boundaries: tokenBoundaries
    })
  return {
    inputTokens: tokens("input"),
    outputTokens: tokens("output"),
    duration: (errorType: ErrorType | undefined): Metric.Histogram<number> => {
      const known = durations.get(errorType)
      if (known !== undefined) return known
      const made = Metric.histogram("gen_ai_client_operation_duration_seconds", {
        description: "Seconds that one call to a model took",
        attributes: errorType === undefined ? attributes : { ...attributes, error_type: errorType },
        boundaries: durationBoundaries
      })
      durations.set(errorType, made)
      return made
    }
  }
}

type ErrorType = ProviderError["_tag"] | "canceled" | "_OTHER"

/** The tag of the error; beside that, a caller that went away, and what the conventions call all else. */
export const errorTypeOf = (cause: Cause.Cause<ProviderError>): ErrorType => {
  const found = Cause.findErrorOption(cause)
  if (found._tag === "Some") return found.value._tag
  return Cause.hasInterruptsOnly(cause) ? "canceled" : "_OTHER"
}
