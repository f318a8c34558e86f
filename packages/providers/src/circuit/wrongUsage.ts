/** A provider whose numbers cannot be is told of: every time in the target's count, and in the log no more often than this. */
import { Effect, Exit } from "effect"
import type { ProviderError } from "@parley/domain/ProviderError"
import type { Answered } from "./operations.ts"
import type { Supervised } from "./Supervised.ts"

const warnEveryMs = 600_000

/** Undefined: there is nothing to say. What a provider itself says bears the mark only where it is not believed. */
export const wrongUsage = (
  { name, statistics }: Supervised,
  exit: Exit.Exit<Answered, ProviderError>,
  nowMs: number
): Effect.Effect<void> | undefined => {
  if (!Exit.isSuccess(exit) || exit.value.usage.isEstimated === undefined) return undefined
  statistics.wrongUsages++
  if (nowMs - statistics.wrongUsageWarnedMs < warnEveryMs) return undefined
  statistics.wrongUsageWarnedMs = nowMs
  return Effect.annotateLogs(Effect.logWarning("A provider tells its usage in numbers that cannot be; it is estimated"), {
    target: name
  })
}
